import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { cgroupDirs, processesIn } from './cgroups.ts'

/** A process tree with mounts, processes and network of its own, of which nothing is left when it ends. */
export type Enclosure = {
  /** Of its cgroup; the last part of `dir`. */
  readonly name: string
  /** A fresh temporary directory, seen from both sides. */
  readonly dir: string
  /** Resolves with the exit code of its command when every process is gone, and all they left is removed. */
  readonly exited: Promise<number>
  /** Ends it; resolves as `exited` does. Safe to repeat. */
  readonly close: () => Promise<number>
}

/** What is left of an enclosure, in words; empty when it ended well. */
export type Leftovers = readonly string[]

/*
 * The first process of the new namespaces. When it ends, the kernel kills all others and drops mounts and network. It
 * ends with its command, or when its standard input does: as soon as whoever made the enclosure is gone, however.
 */
const FIRST = `exec 3<&0
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
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  keeper.stdin.on('error', () => undefined) // it has ended, as `exited` tells
  const exited = new Promise<number>((resolve, reject) => {
    keeper.once('error', reject)
    keeper.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
  const close = (): Promise<number> => {
    keeper.stdin.end()
    return exited
  }
  return { name, dir, exited, close }
}

/** Looks for processes, cgroups, mounts and files of the enclosure of this name. */
export function leftoversOf({ name, dir }: Pick<Enclosure, 'name' | 'dir'>): Leftovers {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return [
    ...processesIn(name).map((pid) => `process ${pid}: ${commandLine(pid)}`),
    ...cgroupDirs(name)
      .filter((each) => existsSync(each))
      .map((each) => `cgroup ${each}`),
    ...mounts.filter((mount) => mount.includes(name)).map((mount) => `mount ${mount}`),
    ...(existsSync(dir) ? [`directory ${dir}`] : []),
  ]
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return 'it ends just now'
  }
}
