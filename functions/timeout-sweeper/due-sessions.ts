import { desiredPhaseOf } from '#reconcilers/agentic-session/annotations.ts'
import { PROJECT_SETTINGS, type ProjectSettings, projectSettingsKind } from '#reconcilers/agentic-session/idle.ts'
import {
  factsOf,
  heldUpAt,
  isLateToStart,
  type JobFacts,
  jobKind,
  jobLabels,
  jobNameOf,
} from '#reconcilers/agentic-session/job.ts'
import { attemptOf } from '#reconcilers/agentic-session/observe.ts'
import { planSession } from '#reconcilers/agentic-session/plan.ts'
import { type AgenticSession, sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { isIdle, type Kind, keyOf, type Live, managedNamespace, type Ports, type Ref, refOf } from '#sdk/index.ts'
import { createCensus } from './census.ts'
import { ownersOfStaleCopies } from './stale-copies.ts'

const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' }

/** Of whole objects: the API server has to read and write a page of them within seconds, however large they are. */
const PAGE_SIZE = 100

const ended = ['Completed', 'Failed', 'Stopped']
const unended = ['Pending', 'Creating', 'Running', 'Stopping']
const noneOf = (phases: readonly string[]) => phases.map((phase) => `status.phase!=${phase}`).join(',')
/** A field that is absent is like an empty one. */
const deadLettered = 'status.deadLetters.count!='

const selectorOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')

/**
 * The sessions that a plan would write something for, as far as lists can tell; each is then reconciled from the live objects. Costs
 * pages and no request per session: the open sessions and our Jobs in full, the ended sessions without spec and status. Only the Pod of a
 * session that is late to start can say why, so that each of those is looked into.
 */
export async function* dueSessions({ cluster, now, settings, measure }: Ports): AsyncGenerator<Ref> {
  const managed = new Set<string>()
  for await (const { metadata } of cluster.listMetadata(namespaceKind, {
    labelSelector: selectorOf(managedNamespace),
  })) {
    managed.add(metadata.name)
  }
  const census = createCensus(managed)
  const jobs = new Map<string, JobFacts>()
  for await (const job of cluster.list(jobKind, { labelSelector: selectorOf(jobLabels), pageSize: PAGE_SIZE }))
    jobs.set(keyOf(refOf(job)), factsOf(job))
  const projects = new Map<string, ProjectSettings>()
  for await (const project of cluster.list(projectSettingsKind, { pageSize: PAGE_SIZE }))
    if (project.metadata.name === PROJECT_SETTINGS) projects.set(project.metadata.namespace, project)
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
      const project = projects.get(session.metadata.namespace)
      const observed = { job, previous: undefined, pods: [], project }
      return !isIdle(planSession({ object: session, observed, now: now(), settings }), session)
    } catch {
      // One that no plan can be made for must not end the sweep. Reconciling it says what is wrong with it.
      return true
    }
  }
  const open = new Set<string>()
  for await (const session of cluster.list(sessionKind, { fieldSelector: noneOf(ended), pageSize: PAGE_SIZE })) {
    census.countOpen(session)
    if (!managed.has(session.metadata.namespace)) continue
    open.add(session.metadata.uid)
    if (isDue(session)) yield refOf(session)
  }
  for await (const { ref, uid } of ownersOfStaleCopies(cluster, settings)) if (open.has(uid)) yield ref
  // What remains unfinished is no open session's Job of now: it outlived its attempt.
  for (const [key, { end, owner }] of jobs) {
    if (!current.has(key) && !end && owner && managed.has(owner.ref.namespace)) yield owner.ref
  }
  for await (const session of cluster.listMetadata(sessionKind, { fieldSelector: noneOf(unended) })) {
    census.countEnded(session)
    // A phase that is absent is none of the open ones either; such sessions came in the first list.
    if (managed.has(session.metadata.namespace) && desiredPhaseOf(session)) yield refOf(session)
  }
  for (const survey of census.surveys(jobs.values())) measure(survey)
  for await (const session of cluster.listMetadata(sessionKind, {
    fieldSelector: `${noneOf(unended)},${deadLettered}`,
  })) {
    if (managed.has(session.metadata.namespace)) yield refOf(session)
  }
}
