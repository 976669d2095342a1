import { type Change, type Outcome, type Ports, reconcile } from '#sdk/index.ts'
import { type Around, createMemoryCluster } from '#test/memory-cluster.ts'
import { NOW, portsOn, settings } from '#test/ports.ts'
import { aSession } from './fixtures.ts'
import { jobKind } from './job.ts'
import { agenticSession } from './reconciler.ts'
import { type Spec, sessionKind } from './schema.ts'

type Runner = {
  /** Its profile's port; 8001 unless a test says otherwise. */
  readonly profile?: object
  /** Why it does not take a change. */
  readonly objectionTo?: (change: Change) => string | undefined
  /** Stands around every call to the API server. */
  readonly around?: Around
  /** What happens while it is being told. */
  readonly meanwhile?: () => void | Promise<void>
}

/** A session with this spec whose runner has started, what that runner hears, and what wakes us up. */
export const aRunningSession = async (spec: Spec, runner: Runner = {}) => {
  const given = { objectionTo: (): string | undefined => undefined, meanwhile: () => {}, ...runner }
  const cluster = createMemoryCluster(
    [aSession({ spec: { timeout: 0, inactivityTimeout: 0, ...spec } })],
    runner.around,
  )
  const heard: { readonly url: string; readonly token: string; readonly changes: readonly Change[] }[] = []
  const clock = { now: NOW }
  const profiles = [{ id: 'served', port: 8001, ...runner.profile }]
  const askRunner: Ports['askRunner'] = async (told, changes) => {
    heard.push({ ...told, changes })
    await given.meanwhile()
    return changes.map(given.objectionTo)
  }
  const wake = (): Promise<Outcome> =>
    reconcile(
      agenticSession,
      { namespace: 'team-a', name: 'tidy-up' },
      portsOn(cluster, {
        now: () => clock.now,
        settings: { ...settings, runnerProfiles: { profiles } },
        askRunner,
      }),
    )
  const session = () => {
    const [found] = cluster.all(sessionKind)
    if (!found) throw new Error('the session is gone')
    return found
  }
  /** What a user does: the spec is another, and its generation too. */
  const edit = (more: Spec): void => {
    const { metadata, spec: before = {}, ...rest } = session()
    const generation = (metadata.generation ?? 0) + 1
    const edited = { ...rest, metadata: { ...metadata, generation }, spec: { ...before, ...more } }
    cluster.put(edited)
  }
  const becomesReady = (): void => {
    for (const job of cluster.all(jobKind)) {
      const running = { ...job, status: { active: 1, ready: 1 } }
      cluster.put(running)
    }
  }
  const pass = (seconds: number): void => {
    clock.now = new Date(clock.now.getTime() + seconds * 1000)
  }
  const conditionIn = (type: string) => session().status?.conditions?.find((condition) => condition.type === type)
  await wake()
  becomesReady()
  await wake()
  return { cluster, becomesReady, heard, wake, session, edit, pass, given, conditionIn }
}

/** `path name or URL branch` of each request, in the order in which they were made. */
export const requestsIn = (heard: readonly { readonly changes: readonly Change[] }[]): readonly string[] =>
  heard.flatMap(({ changes }) =>
    changes.flatMap(({ requests }) =>
      requests.map(({ path, body }) => [path, ...Object.values(body)].filter((word) => word !== '').join(' ')),
    ),
  )
