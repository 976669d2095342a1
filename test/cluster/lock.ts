import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const BEAT_MS = 5_000
const STALE_MS = 30_000

/**
 * Runs `work` while no other process of this user does so under the same `file`. One that died holding it is waited
 * for half a minute: its age tells, not its pid, which means nothing across containers that share a cache.
 */
export async function withLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; !take(file); attempt++) {
    if (attempt === 0) onWait()
    if (Date.now() - lastBeat(file) > STALE_MS) rmSync(file, { force: true })
    else await sleep(500)
  }
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), BEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    rmSync(file, { force: true })
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function lastBeat(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
}
