import { createTestPlatform, type TestPlatform } from '#test/emulator/platform.ts'
import { sessionFor } from '#test/scenarios/world.ts'
import type { Figure } from './report.ts'

const SESSIONS = 10_000
/** As many come in each second of virtual time. */
const PER_SECOND = 100
const LIMIT_SECONDS = 60
const LIMIT_MEBIBYTES = 1024

const sessions = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const jobs = { apiVersion: 'batch/v1', plural: 'jobs' }
const pods = { apiVersion: 'v1', plural: 'pods' }
const namespaces = { apiVersion: 'v1', plural: 'namespaces' }
const namespace = 'burst'

/**
 * 10,000 sessions on the embedded platform, in process and on its clock: created, woken for by events through source, broker and
 * functions, run to completion as Jobs and Pods, deleted, collected. Real seconds, and the most memory that the process held.
 */
export const manySessions = async (): Promise<readonly Figure[]> => {
  const start = performance.now()
  const platform = await createTestPlatform({ seed: 1, host: 'direct' })
  const { admin, clock } = platform
  const metadata = { name: namespace, labels: { 'ambient-code.io/managed': 'true' } }
  admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata })
  await clock.advance(2000)
  for (let count = 0; count < SESSIONS; count++) {
    admin.create(sessions, sessionFor(`session-${count}`, {}), { namespace })
    if (count % PER_SECOND === PER_SECOND - 1) await clock.advance(1000)
  }
  await passUntil(platform, 'all sessions are completed', () => countOf(platform, 'Completed') === SESSIONS)
  for (let count = 0; count < SESSIONS; count++) {
    admin.delete(sessions, { namespace, name: `session-${count}` }, { policy: 'Background' })
    if (count % PER_SECOND === PER_SECOND - 1) await clock.advance(1000)
  }
  const left = () => [sessions, jobs, pods].reduce((sum, each) => sum + admin.list(each, { namespace }).length, 0)
  await passUntil(platform, 'nothing is left', () => left() === 0)
  const seconds = (performance.now() - start) / 1000
  const mebibytes = process.resourceUsage().maxRSS / 1024
  platform.stop()
  return [
    { name: 'sessions/10000', value: seconds, unit: 's', baseline: LIMIT_SECONDS, goal: 1 },
    { name: 'sessions/memory', value: mebibytes, unit: 'MiB', baseline: LIMIT_MEBIBYTES, goal: 1 },
  ]
}

const passUntil = async ({ clock }: TestPlatform, what: string, isDone: () => boolean): Promise<void> => {
  for (let seconds = 0; !isDone(); seconds++) {
    if (seconds === 600) throw new Error(`${what}: not after ${seconds} s`)
    await clock.advance(1000)
  }
}

const countOf = ({ api }: TestPlatform, phase: string): number =>
  api.store
    .list('agenticsessions.vteam.ambient-code', `${namespace}/`)
    ?.filter(({ status }) => (status as { phase?: string } | undefined)?.phase === phase).length ?? 0
