import { type ChildProcess, spawn } from 'node:child_process'

// Hears of process groups on its input, and kills those that are left when that ends: with us, however we went.
const script = `trap '' INT TERM HUP
groups=
while read -r verb group; do
  case $verb in
    +) groups="$groups $group" ;;
    -) left=; for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done; groups=$left ;;
  esac
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done`

export type OrphanGuard = {
  readonly add: (group: number) => void
  readonly remove: (group: number) => void
  readonly close: () => void
}

/** Sees to it that no process group outlives this process, even if it is killed. */
export function startOrphanGuard(): OrphanGuard {
  const guard: ChildProcess = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  guard.unref()
  guard.on('error', () => undefined)
  guard.stdin?.on('error', () => undefined)
  ;(guard.stdin as unknown as { unref?: () => void } | null)?.unref?.()
  const tell = (line: string): void => void guard.stdin?.write(`${line}\n`)
  return {
    add: (group) => tell(`+ ${group}`),
    remove: (group) => tell(`- ${group}`),
    close: () => void guard.stdin?.end(),
  }
}
