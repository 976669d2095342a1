import { createTestPlatform } from '#test/emulator/platform.ts'
import { sessionFor } from '#test/scenarios/world.ts'
import type { Figure } from './report.ts'

const SESSIONS = 10_000
/** As many come in each second of virtual time. */
const PER_SECOND = 100
/** So long each is there, more than long enough to complete. */
const KEPT_SECONDS = 60
const LIMIT_SECONDS = 60
const LIMIT_MEBIBYTES = 1024

const sessions = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const jobs = { apiVersion: 'batch/v1', plural: 'jobs' }
const pods = { apiVersion: 'v1', plural: 'pods' }
const namespaces = { apiVersion: 'v1', plural: 'namespaces' }
const namespace = 'burst'

/**
 * 10,000 sessions on the embedded platform, in process and on its clock: created, woken for by events through source, broker and
 * functions, run to completion as Jobs and Pods, deleted a minute later, collected. Real seconds, and the most memory that the process held.
 */
export const manySessions = async (): Promise<readonly Figure[]> => {
  const start = performance.now()
  const platform = await createTestPlatform({ seed: 1, host: 'direct' })
  const { admin, clock } = platform
  const metadata = { name: namespace, labels: { 'ambient-code.io/managed': 'true' } }
  admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata })
  await clock.advance(2000)
  const phaseOf = (count: number): unknown => {
    const found = admin.get(sessions, { namespace, name: `session-${count}` })
    return (found?.['status'] as { phase?: string } | undefined)?.phase
  }
  for (let second = 0; second * PER_SECOND < SESSIONS + KEPT_SECONDS * PER_SECOND; second++) {
    const first = second * PER_SECOND
    for (let count = first; count < Math.min(first + PER_SECOND, SESSIONS); count++)
      admin.create(sessions, sessionFor(`session-${count}`, {}), { namespace })
    const old = first - KEPT_SECONDS * PER_SECOND
    for (let count = Math.max(old, 0); count < old + PER_SECOND; count++) {
      if (phaseOf(count) !== 'Completed') throw new Error(`session-${count} is ${phaseOf(count)}`)
      admin.delete(sessions, { namespace, name: `session-${count}` }, { policy: 'Background' })
    }
    await clock.advance(1000)
  }
  const left = () => [sessions, jobs, pods].reduce((sum, each) => sum + admin.list(each, { namespace }).length, 0)
  for (let seconds = 0; left() > 0; seconds++) {
    if (seconds === 600) throw new Error(`${left()} objects are left after ${seconds} s`)
    await clock.advance(1000)
  }
  const seconds = (performance.now() - start) / 1000
  const mebibytes = process.resourceUsage().maxRSS / 1024
  platform.stop()
  return [
    { name: 'sessions/10000', value: seconds, unit: 's', baseline: LIMIT_SECONDS, goal: 1 },
    { name: 'sessions/memory', value: mebibytes, unit: 'MiB', baseline: LIMIT_MEBIBYTES, goal: 1 },
  ]
}
