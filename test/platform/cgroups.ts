import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** The folders of one cgroup: one with cgroup v2, and one in each hierarchy with v1. They need not exist. */
export function cgroupDirs(name: string): readonly string[] {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [join(ROOT, name)]
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const hierarchies = mounts.flatMap((line) => {
    const [, mountPoint = '', type = ''] = line.split(' ')
    return type.startsWith('cgroup') && mountPoint.startsWith(`${ROOT}/`) ? [mountPoint] : []
  })
  return [...new Set(hierarchies)].map((hierarchy) => join(hierarchy, name))
}

/** What all processes of the cgroup use, file cache included; undefined when the kernel does not tell. */
export function memoryBytes(name: string): number | undefined {
  const files = cgroupDirs(name).flatMap((dir) =>
    ['memory.current', 'memory.usage_in_bytes'].map((file) => join(dir, file)),
  )
  const file = files.find((each) => existsSync(each))
  return file === undefined ? undefined : Number(readFileSync(file, 'utf8'))
}

/** The processes of all folders below those of the cgroup. */
export function processesIn(name: string): readonly number[] {
  const isOfIt = new RegExp(`/${name}(/|$)`, 'm')
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => isOfIt.test(textOf(`/proc/${pid}/cgroup`)))
    .map(Number)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process ended meanwhile
  }
}
