import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { ticksNow } from './begin-of.ts'
import { processesIn } from './cgroups.ts'
import { type Enclosure, enclose, enclosureDirectory } from './enclosure.ts'
import { eventually } from './eventually.ts'
import { leftoversOf, listed, namespacesOf } from './leftovers.ts'

// What is hard to get rid of: processes that belong to nobody, mounts, and a cgroup of their own.
const MESS = `set -e
(sleep 1000 &)
setsid sleep 1000 &
ln -s "$(command -v sleep)" $0/containerd-shim && $0/containerd-shim 1000 &
mkdir $0/mounted && mount -t tmpfs tmpfs $0/mounted
for cgroup in /sys/fs/cgroup/memory /sys/fs/cgroup; do
  [ ! -e $cgroup/cgroup.procs ] || { mkdir -p $cgroup/$(basename $0)/pods/one; break; }
done
ip link add br0 type bridge
touch $0/messy`

const messIn = (dir: string, end: string): readonly string[] => ['sh', '-c', `${MESS}\n${end}`, dir]

const messy = (dir: string) => eventually('the mess is made', async () => existsSync(join(dir, 'messy')) || undefined)

const ended = async (enclosure: Enclosure) => {
  const { namespaces, endedAt } = enclosure
  return { ...enclosure, namespaces: await namespaces, endedAt: await endedAt }
}

const NOTHING = { all: [], counts: 'process 0, container 0, namespace 0, mount 0, cgroup 0, directory 0' }

test('an enclosure shows what is in it as left over, as long as it runs', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'sleep 1000') })
  await messy(dir)
  const { name, namespaces } = enclosure
  const left = leftoversOf({ name, dir, namespaces: await namespaces })
  // Its mounts are not those of this process.
  expect(listed(left).counts).toMatch(/^process \d+, container 1, namespace \d+, mount 0, cgroup \d+, directory 1$/)
  await enclosure.close()
})

test('an enclosure ends with the exit code of its command and leaves nothing', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'exit 7') })
  expect(await enclosure.exited).toBe(7)
  expect(listed(leftoversOf(await ended(enclosure)))).toEqual(NOTHING)
})

test('an enclosure that cannot be made leaves nothing, and takes nothing of others for its own', async () => {
  const dir = enclosureDirectory()
  writeFileSync(join(dir, 'unshare'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
  const enclosure = enclose({ dir, command: ['true'], env: { PATH: `${dir}:${process.env['PATH']}` } })
  expect(await enclosure.exited).toBe(3)
  expect(listed(leftoversOf(await ended(enclosure)))).toEqual(NOTHING)
})

test('an enclosure that is closed leaves nothing', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'sleep 1000') })
  await messy(dir)
  await enclosure.close()
  expect(listed(leftoversOf(await ended(enclosure)))).toEqual(NOTHING)
})

test('an enclosure is not gone while somebody from outside is in its network', async () => {
  const dir = enclosureDirectory()
  const enclosure = enclose({ dir, command: messIn(dir, 'sleep 1000') })
  const [, network = ''] = await enclosure.namespaces
  await messy(dir)
  const inside = processesIn(enclosure.name).find((pid) => namespacesOf(pid).includes(network))
  const visitor = spawn('nsenter', [`--net=/proc/${inside}/ns/net`, 'sleep', '1000'])
  const since = ticksNow()
  await eventually('the visitor is in', async () => namespacesOf(visitor.pid ?? 0).includes(network) || undefined)
  await eventually('it has been there for a while', async () => ticksNow() > since + 150 || undefined)
  await enclosure.close()
  expect(listed(leftoversOf(await ended(enclosure))).all).toEqual([
    `namespace ${network} of ${visitor.pid}: sleep 1000 `,
  ])
  visitor.kill()
})

test('an enclosure leaves nothing when the process that made it is killed', async () => {
  const dir = enclosureDirectory()
  const script = `
    const { enclose } = await import(${JSON.stringify(join(import.meta.dirname, 'enclosure.ts'))})
    enclose(${JSON.stringify({ dir, command: messIn(dir, 'sleep 1000') })})`
  const maker = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  await messy(dir)
  expect(processesIn(basename(dir)).length).toBeGreaterThan(3)
  const own = namespacesOf(process.pid)
  const its = processesIn(basename(dir)).flatMap(namespacesOf)
  const namespaces = [...new Set(its)].filter((each) => !own.includes(each))
  expect(namespaces).toHaveLength(3)
  const endedAt = ticksNow()
  maker.kill('SIGKILL')
  const left = () => listed(leftoversOf({ name: basename(dir), dir, namespaces, endedAt })).all
  await eventually('nothing is left', async () => left().length === 0 || undefined, 20)
})
