import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

export type Guard = {
  /** Kills this process, or the group of a negative number, should ours end without `release`. */
  readonly watch: (pid: number) => void
  readonly release: (pid: number) => void
  /** Removes this directory, should ours end without `close`. */
  readonly keepClean: (directory: string) => void
  readonly close: () => Promise<void>
}

const SCRIPT = `pids= directory=
while read -r order value; do
  case $order in
    watch) pids="$pids $value " ;;
    release) pids=$(printf %s "$pids" | sed "s/ $value / /") ;;
    clean) directory=$value ;;
    close) exit 0 ;;
  esac
done
[ -z "\${pids# }" ] || kill -s KILL -- $pids 2> /dev/null
[ -z "$directory" ] || { sleep 0.2; rm -rf "$directory"; }`

/**
 * Starts a small shell that outlives this process only to clean up behind it: its standard input ends however this
 * process ends, SIGKILL included, which no exit handler of ours would see.
 */
export function startGuard(): Guard {
  // A session of its own, or a Ctrl-C in the terminal would end the guard together with those it guards.
  const shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const closed = new Promise<void>((resolve) => shell.once('close', () => resolve()))
  shell.unref()
  ;(shell.stdin as Socket).unref() // a pipe is one; it keeps nobody waiting
  shell.stdin.on('error', () => undefined)
  const tell = (order: string, value: string | number): void => {
    shell.stdin.write(`${order} ${value}\n`)
  }
  return {
    watch: (pid) => tell('watch', pid),
    release: (pid) => tell('release', pid),
    keepClean: (directory) => tell('clean', directory),
    close: () => {
      shell.ref()
      tell('close', '')
      return closed
    },
  }
}
