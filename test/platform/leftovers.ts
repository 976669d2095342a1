import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { ticksOf } from './begin-of.ts'
import { cgroupDirs, processesIn } from './cgroups.ts'
import type { Enclosure } from './enclosure.ts'

/** What can be left of an enclosure. */
const KINDS = ['process', 'container', 'namespace', 'mount', 'cgroup', 'directory'] as const

/** What is left of an enclosure, of each kind, in words. */
export type Leftovers = Readonly<Record<(typeof KINDS)[number], readonly string[]>>

/** The part of an enclosure that can be looked for once it has ended. */
export type Remembered = Pick<Enclosure, 'name' | 'dir'> & {
  readonly namespaces: readonly string[]
  /** Absent while it runs. */
  readonly endedAt?: number
}

/** Ticks that somebody must have been around for before the end: a new namespace gets the number of one that has just gone. */
const SETTLED = 100

/** Looks for what this enclosure had, in all of this machine. A container is the shim that holds it. */
export function leftoversOf({ name, dir, namespaces, endedAt = Number.POSITIVE_INFINITY }: Remembered): Leftovers {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const ofIt = new Set(processesIn(name))
  const found = processes().map((pid) => ({ pid, command: commandLine(pid), namespaces: namespacesOf(pid) }))
  return {
    process: found.filter(({ pid }) => ofIt.has(pid)).map(({ pid, command }) => `${pid}: ${command}`),
    container: found
      .filter(({ command }) => /^\S*containerd-shim/.test(command) && command.includes(name))
      .map(({ pid, command }) => `${pid}: ${command}`),
    namespace: found.flatMap(({ pid, command, namespaces: its }) =>
      its
        .filter((each) => namespaces.includes(each) && ticksOf(pid) < endedAt - SETTLED)
        .map((each) => `${each} of ${pid}: ${command}`),
    ),
    mount: mounts.filter((mount) => [name, ...namespaces].some((word) => mount.includes(word))),
    cgroup: cgroupDirs(name).filter((each) => existsSync(each)),
    directory: [dir].filter((each) => existsSync(each)),
  }
}

/** Each of them, and how many there are of each kind. */
export function listed(leftovers: Leftovers): { readonly all: readonly string[]; readonly counts: string } {
  return {
    all: KINDS.flatMap((kind) => leftovers[kind].map((each) => `${kind} ${each}`)),
    counts: KINDS.map((kind) => `${kind} ${leftovers[kind].length}`).join(', '),
  }
}

const processes = (): readonly number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)

/** Its mounts, network and processes; none where it has ended. */
export function namespacesOf(pid: number): readonly string[] {
  try {
    return ['mnt', 'net', 'pid'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`))
  } catch {
    return []
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return 'it ends just now'
  }
}
