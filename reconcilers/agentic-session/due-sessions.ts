import { isIdle, keyOf, type Live, labelSelectorOf, type Ports, type Ref, refOf } from '#sdk/index.ts'
import { desiredPhaseOf } from './annotations.ts'
import { createCensus } from './census.ts'
import type { ProjectSettings } from './idle.ts'
import { factsOf, heldUpAt, isLateToStart, type JobFacts, jobKind, jobLabels, jobNameOf } from './job.ts'
import { attemptOf } from './observe.ts'
import { planSession } from './plan.ts'
import { type AgenticSession, sessionKind } from './schema.ts'
import { ownersOfStaleCopies } from './stale-copies.ts'

/** Where sessions are looked after. */
export type Projects = {
  /** The names of the namespaces. */
  readonly managed: ReadonlySet<string>
  /** The ProjectSettings of those that have them, by namespace. */
  readonly settings: ReadonlyMap<string, ProjectSettings>
  /** Only this one is listed; all where it is absent. */
  readonly namespace?: string
}

/** Of whole objects: the API server has to read and write a page of them within seconds, however large they are. */
const PAGE_SIZE = 100

const ended = ['Completed', 'Failed', 'Stopped']
const unended = ['Pending', 'Creating', 'Running', 'Stopping']
const noneOf = (phases: readonly string[]) => phases.map((phase) => `status.phase!=${phase}`).join(',')
/** A field that is absent is like an empty one. */
const deadLettered = 'status.deadLetters.count!='

/**
 * The sessions that a plan would write something for, as far as lists can tell; each is then reconciled from the live objects. Costs
 * pages and no request per session: the open sessions and our Jobs in full, the ended sessions without spec and status. Only the Pod of a
 * session that is late to start can say why, so that each of those is looked into.
 */
export async function* dueSessions(
  { cluster, now, settings, measure }: Ports,
  projects: Projects | Promise<Projects>,
): AsyncGenerator<Ref> {
  const { managed, settings: settingsOf, namespace } = await projects
  const within = namespace === undefined ? {} : { namespace }
  const census = createCensus(managed)
  const jobs = new Map<string, JobFacts>()
  for await (const job of cluster.list(jobKind, {
    labelSelector: labelSelectorOf(jobLabels),
    pageSize: PAGE_SIZE,
    ...within,
  }))
    jobs.set(keyOf(refOf(job)), factsOf(job))
  /** Of Jobs that an open session has now. A session may come twice, where its list started over. */
  const current = new Set<string>()

  const isDue = (session: Live<AgenticSession>): boolean => {
    const key = keyOf({ namespace: session.metadata.namespace, name: jobNameOf(session, attemptOf(session)) })
    const job = jobs.get(key)
    current.add(key)
    try {
      const heldUp = job && heldUpAt(job)
      if (heldUp && now() >= heldUp) return true
      // Only their Pods can say more.
      if (job && (isLateToStart(session, job, now()) || (job.isTerminating && !job.deletingSince))) return true
      const project = settingsOf.get(session.metadata.namespace)
      const observed = { job, previous: undefined, pods: [], project }
      return !isIdle(planSession({ object: session, observed, now: now(), settings }), session)
    } catch {
      // One that no plan can be made for must not end the sweep. Reconciling it says what is wrong with it.
      return true
    }
  }
  const open = new Set<string>()
  for await (const session of cluster.list(sessionKind, {
    fieldSelector: noneOf(ended),
    pageSize: PAGE_SIZE,
    ...within,
  })) {
    census.countOpen(session)
    if (!managed.has(session.metadata.namespace)) continue
    open.add(session.metadata.uid)
    if (isDue(session)) yield refOf(session)
  }
  // Copies are of all namespaces' Secrets: the sweep's alone.
  if (namespace === undefined)
    for await (const { ref, uid } of ownersOfStaleCopies(cluster, settings)) if (open.has(uid)) yield ref
  // What remains unfinished is no open session's Job of now: it outlived its attempt.
  for (const [key, { end, owner }] of jobs) {
    if (!current.has(key) && !end && owner && managed.has(owner.ref.namespace)) yield owner.ref
  }
  for await (const session of cluster.listMetadata(sessionKind, { fieldSelector: noneOf(unended), ...within })) {
    census.countEnded(session)
    // A phase that is absent is none of the open ones either; such sessions came in the first list.
    if (managed.has(session.metadata.namespace) && desiredPhaseOf(session)) yield refOf(session)
  }
  // Of one namespace alone there is nothing to say of the others.
  if (namespace === undefined) for (const survey of census.surveys(jobs.values())) measure(survey)
  for await (const session of cluster.listMetadata(sessionKind, {
    fieldSelector: `${noneOf(unended)},${deadLettered}`,
    ...within,
  })) {
    if (managed.has(session.metadata.namespace)) yield refOf(session)
  }
}
