import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** When a process began, in ticks since the start of the machine; NaN where none of this pid runs. */
export function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the second field is a name that may hold anything; the third is the state, the 22nd the time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? Number.NaN : Number(fields[19])
  } catch {
    return Number.NaN
  }
}

/** What tells a process from another one that gets its pid, also after a restart of the machine; undefined where none of this pid runs. */
export function beginOf(pid: number): string | undefined {
  const ticks = ticksOf(pid)
  return Number.isNaN(ticks) ? undefined : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`
}

/** Ticks since the start of the machine: a process can tell when it began. */
export const ticksNow = (): number => Number(execFileSync('cut', ['-d', ' ', '-f', '22', '/proc/self/stat']))
