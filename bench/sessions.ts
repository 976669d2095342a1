import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as objects from './emulator-objects.ts'
import type { Figure } from './report.ts'

const LIMIT_MEBIBYTES = 1024

/** At most so many times what it costs to write the objects of 10,000 sessions as JSON, and to read them, ten times. */
const GOAL = 30

/** Real seconds, and the most memory that the process held, of ten thousand sessions in a process of their own. */
export const manySessions = async (): Promise<readonly Figure[]> => {
  const before = jsonSeconds()
  const file = join(import.meta.dirname, 'ten-thousand-sessions.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  const { seconds, mebibytes } = JSON.parse(stdout) as { seconds: number; mebibytes: number }
  // Machines that others use too change their pace within the minute.
  const baseline = (before + jsonSeconds()) / 2
  return [
    { name: 'sessions/10000', value: seconds, unit: 's', baseline, goal: GOAL },
    { name: 'sessions/memory', value: mebibytes, unit: 'MiB', baseline: LIMIT_MEBIBYTES, goal: 1 },
  ]
}

const SAMPLE = 10_000

/** Ten round trips of each of the 10,000 objects of three kinds. */
const jsonSeconds = (): number => {
  const all = [objects.aSession('s'), objects.aJob('j', 'u'), objects.aPod('p', 'u')]
  const start = performance.now()
  for (let count = 0; count < SAMPLE; count++) for (const object of all) JSON.parse(JSON.stringify(object))
  return ((performance.now() - start) / 1000) * 10
}
