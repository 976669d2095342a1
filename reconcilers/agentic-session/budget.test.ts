import { describe, expect, it } from 'vitest'
import { type Outcome, reconcile } from '#sdk/index.ts'
import { createMemoryCluster, type MemoryCluster } from '#test/memory-cluster.ts'
import { NOW, portsOn, settings } from '#test/ports.ts'
import { DESIRED_PHASE } from './annotations.ts'
import { aJob, aSession } from './fixtures.ts'
import { jobKind, jobNameOf } from './job.ts'
import { builtInProfile } from './profiles.ts'
import { agenticSession } from './reconciler.ts'
import { type Spec, sessionKind } from './schema.ts'

const ref = { namespace: 'team-a', name: 'tidy-up' }
type Step = (cluster: MemoryCluster) => void

const sessionIn = (cluster: MemoryCluster) => cluster.all(sessionKind)[0] ?? aSession()
const created: Step = () => undefined
const aMinutePasses: Step = () => undefined
const ask =
  (desired: 'Running' | 'Stopped'): Step =>
  (cluster) => {
    const session = sessionIn(cluster)
    cluster.put({ ...session, metadata: { ...session.metadata, annotations: { [DESIRED_PHASE]: desired } } })
  }
const job =
  (facts: Parameters<typeof aJob>[0]): Step =>
  (cluster) => {
    const session = sessionIn(cluster)
    const name = jobNameOf(session, session.status?.attempt ?? 1)
    const found = cluster.all(jobKind).find(({ metadata }) => metadata.name === name)
    const { status } = aJob({ session, ...facts })
    if (found) cluster.put({ ...found, ...(status && { status }) })
  }
const ready = job({ isReady: true })
const gone: Step = (cluster) => cluster.finishDeletions()

/** What the wake-up after each step asks for, the steps being a minute apart. One more wake-up each time writes nothing. */
const costs = async (steps: readonly Step[], spec: Spec = {}) => {
  let time = NOW
  const now = () => time
  const cluster = createMemoryCluster([aSession({ spec: { timeout: 300, ...spec } })], undefined, now)
  const told: string[][] = []
  for (const [minute, step] of steps.entries()) {
    time = new Date(NOW.getTime() + 60_000 * minute)
    step(cluster)
    const wake = (): Promise<Outcome> =>
      reconcile(
        agenticSession,
        ref,
        portsOn(cluster, { now, settings: { ...settings, runnerProfiles: { profiles: [builtInProfile] } } }),
      )
    const from = cluster.calls.length
    await wake()
    told.push(cluster.calls.slice(from).map(({ verb, kind }) => `${verb} ${kind}`))
    const second = cluster.calls.length
    await wake()
    expect(cluster.writes(second)).toEqual([])
  }
  return told
}

const look = ['get AgenticSession', 'get Job']
const tell = ['patchStatus AgenticSession', 'create Event']
/** What the built-in profile gives a runner, besides its Job. */
const children = ['ServiceAccount', 'Role', 'RoleBinding', 'Secret', 'Service', 'NetworkPolicy']
const first = ['get ProjectSettings', ...children.map((kind) => `create ${kind}`), 'create Job', ...tell]
/** They are there, and looked at; the Secret gets another token. */
const again = [
  ...children.flatMap((kind) => [`create ${kind}`, `get ${kind}`, ...(kind === 'Secret' ? ['patch Secret'] : [])]),
  'create Job',
  ...tell,
]
/** The next attempt begins in the same wake-up, after a look for Jobs that an earlier one left. */
const next = ['get Job', 'list Job']

describe('a session with the built-in profile costs the API server, a line for each wake-up,', () => {
  const begun: [Step, readonly string[]][] = [
    [created, [...look, ...first]],
    [ready, [...look, ...tell]],
  ]
  it.each<[string, readonly (readonly [Step, readonly string[]])[], Spec]>([
    ['where it completes', [...begun, [job({ end: 'Complete' }), [...look, ...tell]]], {}],
    [
      'where it fails, one look at its Pods more',
      [...begun, [job({ end: 'Failed' }), [...look, 'list Pod', ...tell]]],
      {},
    ],
    [
      'where it is tried again',
      [
        ...begun,
        [job({ end: 'Failed' }), [...look, 'list Pod', ...tell, ...next, 'get ProjectSettings', ...again]],
        [ready, [...look, 'list Job', ...tell]],
      ],
      { backoffLimit: 1 },
    ],
    [
      'where it is stopped, and resumed',
      [
        ...begun,
        [ask('Stopped'), [...look, 'get ProjectSettings', ...tell, 'get Job', 'delete Job']],
        [gone, [...look, ...tell, 'get Job', 'patch AgenticSession']],
        [ask('Running'), [...look, ...tell, ...next, 'get ProjectSettings', 'patch AgenticSession', ...again]],
      ],
      {},
    ],
    [
      'where nobody uses it',
      [
        ...begun,
        [aMinutePasses, [...look, ...tell, 'get Job', 'delete Job']],
        [aMinutePasses, [...look, 'list Pod']],
        [gone, [...look, ...tell, 'get Job']],
      ],
      { inactivityTimeout: 90 },
    ],
    ['where nothing happens', [...begun, [aMinutePasses, [...look, 'get ProjectSettings']]], {}],
  ])('so many requests and no more %s', async (_, steps, spec) => {
    expect(
      await costs(
        steps.map(([step]) => step),
        spec,
      ),
    ).toEqual(steps.map(([, calls]) => calls))
  })
})
