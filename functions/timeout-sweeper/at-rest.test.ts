import { expect, test } from 'vitest'
import { aDeadLetter, aJob, aSession } from '#reconcilers/agentic-session/fixtures.ts'
import { jobKind, jobNameOf } from '#reconcilers/agentic-session/job.ts'
import { sessionsNow } from '#reconcilers/agentic-session/metrics.ts'
import { type Phase, type Spec, sessionKind } from '#reconcilers/agentic-session/schema.ts'
import type { KubernetesObject, Measure, Outcome, Survey } from '#sdk/index.ts'
import { anEvent } from '#test/events.ts'
import { createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { portsOn, settings } from '#test/ports.ts'
import sweeper from './index.ts'

/** Five of each fate. A thousand in all take twenty seconds, and come to the same. */
const SESSIONS = 55
const OPEN: readonly Phase[] = ['Pending', 'Creating', 'Running', 'Stopping']
const TEAMS = ['team-a', 'team-b', 'team-c']

const runnerProfiles = {
  profiles: [
    { id: 'plain' },
    {
      id: 'everything',
      port: 8001,
      identity: {},
      workspace: { size: '1Gi', persistent: true },
      copiedSecrets: [{ from: { namespace: 'platform', name: 'tracing' }, required: true, env: true }],
    },
    { id: 'keyed', requiredSecrets: ['runner-key'] },
  ],
}

type Fate = {
  readonly profile: 'plain' | 'everything' | 'keyed' | 'unknown'
  readonly spec?: Spec
  /** What becomes of its Job, where it gets one. */
  readonly job?: Parameters<typeof aJob>[0]
  readonly desired?: 'Stopped'
  readonly missesEvents?: true
  /** Where it stays. */
  readonly phase: Phase
}

const fates: readonly Fate[] = [
  { profile: 'plain', job: { isReady: true }, phase: 'Running' },
  { profile: 'everything', job: { isReady: true }, phase: 'Running' },
  { profile: 'plain', job: {}, phase: 'Creating' },
  { profile: 'everything', job: { end: 'Complete' }, phase: 'Completed' },
  { profile: 'plain', job: { end: 'Failed' }, phase: 'Failed' },
  { profile: 'plain', spec: { backoffLimit: 1 }, job: { end: 'Failed' }, phase: 'Creating' },
  { profile: 'keyed', phase: 'Pending' },
  { profile: 'unknown', phase: 'Failed' },
  { profile: 'plain', job: { isReady: true }, desired: 'Stopped', phase: 'Stopping' },
  { profile: 'plain', job: { isReady: true }, missesEvents: true, phase: 'Running' },
  { profile: 'plain', job: { end: 'Complete' }, missesEvents: true, phase: 'Completed' },
]
const fateOf = (index: number): Fate => fates[index % fates.length] as Fate

const aNamespace = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, namespace: '', labels: { 'ambient-code.io/managed': 'true' } },
})
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'platform', name: 'tracing' },
  data: { a: 'YQ==' },
}

const sweep = async (cluster: MemoryCluster) => {
  const from = cluster.calls.length
  const measured: (Measure | Survey)[] = []
  const ports = portsOn(cluster, {
    settings: { ...settings, runnerProfiles },
    measure: (each) => void measured.push(each),
  })
  const outcome: Outcome = await sweeper.handle(anEvent({}), ports)
  const gets = cluster.calls.slice(from).filter(({ verb }) => verb === 'get')
  return {
    outcome,
    writes: cluster.writes(from),
    /** Of single objects, by kind. */
    reads: Object.fromEntries(
      Map.groupBy(gets, ({ kind }) => kind)
        .entries()
        .map(([kind, { length }]) => [kind, length]),
    ),
    gauge: (phase: string) =>
      measured
        .flatMap((each) => ('series' in each && each.metric === sessionsNow ? each.series : []))
        .filter(({ labels }) => labels['phase'] === phase)
        .reduce((sum, { value }) => sum + value, 0),
  }
}

/** What others make of the sessions and Jobs once the first sweep has begun them. */
const befall = (cluster: MemoryCluster): void => {
  const jobs = new Map(cluster.all(jobKind).map((job) => [`${job.metadata.namespace}/${job.metadata.name}`, job]))
  for (const session of cluster.all(sessionKind)) {
    const { job: facts, desired, missesEvents } = fateOf(Number(session.metadata.labels?.['index']))
    const job = jobs.get(`${session.metadata.namespace}/${jobNameOf(session, 1)}`)
    const { status } = aJob({ session, ...facts })
    if (job && status) cluster.put({ ...job, status } as KubernetesObject)
    const annotations = { 'ambient-code.io/desired-phase': 'Stopped' }
    cluster.put({
      ...session,
      metadata: { ...session.metadata, ...(desired && { annotations }) },
      status: { ...session.status, ...(missesEvents && aDeadLetter) },
    } as KubernetesObject)
  }
}

const aSessionOf = (index: number): KubernetesObject => {
  const { profile, spec } = fateOf(index)
  const environmentVariables = { RUNNER_TYPE: profile }
  const uid = `${String(index).padStart(8, '0')}-0000-4000-9000-000000000000`
  const session = aSession({ name: `s-${index}`, uid, spec: { timeout: 0, ...spec, environmentVariables } })
  const namespace = TEAMS[index % TEAMS.length] as string
  return { ...session, metadata: { ...session.metadata, namespace, labels: { index: String(index) } } }
}

test('sweeps write nothing more once everything is as it should be, and read one by one only sessions that wait for a Secret', async () => {
  const sessions = Array.from({ length: SESSIONS }, (_, index) => aSessionOf(index))
  const cluster = createMemoryCluster([...TEAMS.map(aNamespace), secret, ...sessions])
  await sweep(cluster)
  befall(cluster)
  await sweep(cluster)
  for (let again = 0; again < 2; again++) {
    const { outcome, writes, reads, gauge } = await sweep(cluster)
    expect(outcome).toEqual({ state: 'settled', reason: 'Swept' })
    expect(writes).toEqual([])
    const waiting = SESSIONS / fates.length
    // One of the Secrets is the source of the copies, whose owners are not looked into.
    expect(reads).toEqual({ AgenticSession: waiting, Job: waiting, Secret: waiting + 1 })
    const expected = Object.groupBy(fates, ({ phase }) => (OPEN.includes(phase) ? phase : 'Ended'))
    for (const phase of [...OPEN, 'Ended'] as const)
      expect(gauge(phase), phase).toBe(((expected[phase]?.length ?? 0) * SESSIONS) / fates.length)
  }
  const phases = cluster.all(sessionKind).map(({ status }) => status?.phase)
  expect(phases).toEqual(sessions.map((_, index) => fateOf(index).phase))
})
