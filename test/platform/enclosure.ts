import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { cgroupDirs } from './cgroups.ts'

/** A process tree with mounts, processes and network of its own, of which nothing is left when it ends. */
export type Enclosure = {
  /** Of its cgroup; the last part of `dir`. */
  readonly name: string
  /** A fresh temporary directory, seen from both sides. */
  readonly dir: string
  /** Those of its first process: of mounts, network and processes, as `net:[4026531840]`. Resolves as soon as there is one. */
  readonly namespaces: Promise<readonly string[]>
  /** In ticks of the machine, as `ticksNow`; resolves as soon as its first process has ended. */
  readonly endedAt: Promise<number>
  /** Resolves with the exit code of its command when every process is gone, and all they left is removed. */
  readonly exited: Promise<number>
  /** Ends it; resolves as `exited` does. Safe to repeat. */
  readonly close: () => Promise<number>
}

/*
 * The first process of the new namespaces. When it ends, the kernel kills all others and drops mounts and network. It
 * ends with its command, or when its standard input does: as soon as whoever made the enclosure is gone, however. To
 * the descriptor 4 it tells which namespaces they are.
 */
const FIRST = `for kind in mnt net pid; do readlink /proc/self/ns/$kind; done >&4
exec 3<&0 4>&-
"$@" 3<&- < /dev/null &
command=$!
{ cat <&3 > /dev/null; kill -s KILL $command; } &
wait $command 2> /dev/null`

/*
 * Outlives its parent to clean up. $1: the directory; $2: the folders of the cgroup; then the command. A cgroup
 * that still has a process cannot be removed, so that it is tried for five seconds.
 */
const KEEPER = `dir=$1 cgroups=$2
shift 2
for cgroup in $cgroups; do mkdir -p "$cgroup/machine"; done
sh -c '
  for cgroup in $0; do
    case $cgroup in */cpuset/*) continue ;; esac # a new one has no processors yet
    echo $$ > "$cgroup/machine/cgroup.procs"
  done
  exec unshare --mount --pid --net --ipc --fork --kill-child --mount-proc "$@"' "$cgroups" sh -c '${FIRST}' sh "$@"
code=$?
cut -d ' ' -f 22 /proc/self/stat >&4
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
  for cgroup in $cgroups; do find "$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null; done
  ls -d $cgroups > /dev/null 2>&1 || break
  sleep 0.2
done
rm -rf "$dir"
exit $code`

/** A fresh directory for one enclosure, which removes it. */
export function enclosureDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'dormouse-platform-'))
}

export type EnclosureStart = {
  /** From `enclosureDirectory`. */
  readonly dir: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a command as root of a machine of its own. A Ctrl-C in the terminal does not reach it: `close` it then. It also
 * ends, and is cleaned up, when this process dies, be it by SIGKILL.
 */
export function enclose({ dir, command, env = {} }: EnclosureStart): Enclosure {
  const name = basename(dir)
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', dir, cgroupDirs(name).join(' '), ...command], {
    detached: true, // out of the reach of a terminal's signals
    stdio: ['pipe', 'inherit', 'inherit', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  const stdin = keeper.stdio[0] as Writable // pipes, as asked for, and so is the fourth
  stdin.on('error', () => undefined) // it has ended, as `exited` tells
  const exited = new Promise<number>((resolve, reject) => {
    keeper.once('error', reject)
    keeper.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
  const lines = createInterface(keeper.stdio[4] as Readable)[Symbol.asyncIterator]()
  const line = async (): Promise<string> => (await lines.next()).value ?? ''
  // Without a first process there is but the line about the end.
  const told = (async () => {
    const first = await line()
    if (!first.includes(':')) return { namespaces: [], end: Promise.resolve(first) }
    return { namespaces: [first, await line(), await line()], end: line() }
  })()
  const namespaces = told.then((each) => each.namespaces)
  const endedAt = told.then((each) => each.end).then(Number)
  const close = (): Promise<number> => {
    stdin.end()
    return exited
  }
  return { name, dir, namespaces, endedAt, exited, close }
}
