import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { processesIn } from './cgroups.ts'
import { enclose, enclosureDirectory, leftoversOf } from './enclosure.ts'
import { eventually } from './eventually.ts'

// What is hard to get rid of: processes that belong to nobody, mounts, and a cgroup of their own.
const MESS = `set -e
(sleep 1000 &)
setsid sleep 1000 &
mkdir $0/mounted && mount -t tmpfs tmpfs $0/mounted
for cgroup in /sys/fs/cgroup/memory /sys/fs/cgroup; do
  [ ! -e $cgroup/cgroup.procs ] || { mkdir -p $cgroup/$(basename $0)/pods/one; break; }
done
ip link add br0 type bridge
touch $0/messy`

const messIn = (dir: string, end: string): readonly string[] => ['sh', '-c', `${MESS}\n${end}`, dir]

const messy = (dir: string) => eventually('the mess is made', async () => existsSync(join(dir, 'messy')) || undefined)

test('an enclosure shows what is in it as left over, as long as it runs', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'sleep 1000') })
  await messy(dir)
  const kinds = new Set(leftoversOf(enclosure).map((each) => each.split(' ')[0]))
  expect([...kinds].sort()).toEqual(['cgroup', 'directory', 'process'])
  await enclosure.close()
})

test('an enclosure ends with the exit code of its command and leaves nothing', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'exit 7') })
  expect(await enclosure.exited).toBe(7)
  expect(leftoversOf(enclosure)).toEqual([])
})

test('an enclosure that is closed leaves nothing', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'sleep 1000') })
  await messy(dir)
  await enclosure.close()
  expect(leftoversOf(enclosure)).toEqual([])
})

test('an enclosure leaves nothing when the process that made it is killed', async () => {
  const dir = enclosureDirectory()
  const script = `
    const { enclose } = await import(${JSON.stringify(join(import.meta.dirname, 'enclosure.ts'))})
    enclose(${JSON.stringify({ dir, command: messIn(dir, 'sleep 1000') })})`
  const maker = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  await messy(dir)
  expect(processesIn(basename(dir)).length).toBeGreaterThan(3)
  maker.kill('SIGKILL')
  await eventually(
    'nothing is left',
    async () => leftoversOf({ name: basename(dir), dir }).length === 0 || undefined,
    20,
  )
})
