import type { JobObject } from '#reconcilers/agentic-session/job.ts'
import type { AgenticSession, Phase } from '#reconcilers/agentic-session/schema.ts'
import type { Kind, KubernetesObject, Live } from '#sdk/index.ts'

/** How the runner of a session fares. Every world maps it to what it has for a node. */
export type Runner = {
  readonly seconds?: number
  readonly exitCode?: number
  /** After how long an image that cannot be pulled can. */
  readonly pullSeconds?: number
  /** `Unresponsive` does not end when it is told to, as where its node hangs; for worlds that need `node hangs`. */
  readonly fault?: 'Unschedulable' | 'ImagePullBackOff' | 'OOMKilled' | 'Unresponsive'
}

export type NewSession = {
  readonly runner?: Runner
  readonly spec?: NonNullable<AgenticSession['spec']>
  readonly annotations?: Readonly<Record<string, string>>
}

/** What a world can break. One that cannot lists the scenario as not run there. */
export type Fault =
  | 'events lost'
  | 'events twice'
  | 'two instances'
  | 'API server restarted'
  | 'admission policy'
  /** A node that does not answer for one Pod. */
  | 'node hangs'
  /** One function's Pods cannot be made, while all others can: takes a broker that delivers to it. */
  | 'function down'
  /** Functions can talk to runners, which the world plays. */
  | 'runner answers'
  /** The world has a clock that passes by itself, so that a sweeper can be left to its period. */
  | 'sweeper left alone'

/** A namespace of its own in one of the three worlds, with what happens there. Names are of sessions. */
export type World = {
  readonly namespace: string
  create(name: string, session?: NewSession): Promise<void>
  annotate(name: string, annotations: Readonly<Record<string, string | null>>): Promise<void>
  /** Returns once the API server has taken the request, not once the object is gone. */
  delete(name: string): Promise<void>
  session(name: string): Promise<Live<AgenticSession> | undefined>
  sessions(): Promise<readonly Live<AgenticSession>[]>
  jobs(): Promise<readonly Live<JobObject>[]>
  /** The names of all Pods. */
  pods(): Promise<readonly string[]>
  /** As `kubectl drain` does; resolves once the API server has taken it. */
  evict(pod: string): Promise<void>
  /** An object of the namespace, of any kind. */
  read<T extends KubernetesObject>(kind: Kind<T>, name: string): Promise<Live<T> | undefined>
  /** Creates or changes an object by hand; throws with the API server's words where it does not take it. */
  apply(object: KubernetesObject): Promise<void>
  /** The objects of a kind, by name. */
  list<T extends KubernetesObject>(kind: Kind<T>): Promise<readonly Live<T>[]>
  /** Deletes an object of any kind; returns once the API server has taken the request. */
  remove(kind: Kind, name: string): Promise<void>
  /** A merge patch by hand. */
  change(kind: Kind, name: string, body: object): Promise<void>
  /** Gives the namespace labels, or takes them off (`null`). */
  label(labels: Readonly<Record<string, string | null>>): Promise<void>
  /** Every object in the namespace that did not come with it, as `kind/name`. */
  leftovers(): Promise<readonly string[]>
  /** The core/v1 Events in the namespace. */
  events(): Promise<readonly KubeEvent[]>
  /** `kind/name resourceVersion` of every session, Job and Pod. */
  versions(): Promise<readonly string[]>
  /** Milliseconds since the epoch, on the world's clock. */
  now(): number
  wait(seconds: number): Promise<void>
  /** How many times slower everything is than where Pods start at once and nobody else needs the machine. */
  readonly patience: number
  /** Resolves with the first answer that is not `undefined`; throws with what was seen last after `seconds` (30). */
  eventually<T>(what: string, look: () => Promise<T | undefined>, seconds?: number): Promise<T>
  /** One whole sweep. */
  sweep(): Promise<void>
  /** A sweeper that sweeps by itself; resolves when it is up. */
  startSweeper(periodSeconds: number): Promise<void>
  /** From here on events get lost, or come again. What happened meanwhile stays lost. */
  loseEvents(): Promise<void>
  deliverEvents(options?: { readonly twice?: boolean }): Promise<void>
  /** A second instance of every function, which gets every event too. */
  addInstances(): Promise<void>
  restartApiServer(): Promise<void>
  /** Ends its instances, and lets no other start: its ServiceAccount is gone. */
  breakFunction(name: string): Promise<void>
  mendFunction(name: string): Promise<void>
  /** In worlds that have `runner answers`. */
  readonly runners?: Runners
}

/** The runners of all sessions, as functions find them. */
export type Runners = {
  /** What the runner of a session was told and took, each as its path and what was in its body. */
  heardBy(session: string): readonly string[]
  /** From here on they answer, and take nothing. */
  break(): void
  mend(): void
}

/** Whether an object, as `kind/name` or `kind.group/name`, came with its namespace: from Kubernetes, or since it is looked after. */
export const isGiven = (id: string): boolean => given.includes(id.replace(/^([^./]+)\.[^/]*\//, '$1/'))

const given = [
  'configmap/kube-root-ca.crt',
  'serviceaccount/default',
  'projectsettings/projectsettings',
  'serviceaccount/ambient-session-trigger',
  'role/ambient-session-trigger',
  'rolebinding/ambient-session-trigger',
  'limitrange/ambient-default-limits',
]

/** A core/v1 Event, as far as scenarios look at it. */
export type KubeEvent = KubernetesObject & {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count?: number
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid?: string }
}

export type Scenario = {
  /** Completes the sentence that begins "a session that". */
  readonly name: string
  readonly needs?: readonly Fault[]
  run(world: World): Promise<void>
}

/** A session whose runner fares so. Every node of ours, stand-in or scripted, reads that from the runner's environment. */
export const sessionFor = (name: string, { runner, spec, annotations }: NewSession) => ({
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'AgenticSession',
  metadata: { name, ...(annotations && { annotations }) },
  spec: { ...spec, environmentVariables: { ...environmentOf(runner), ...spec?.environmentVariables } },
})

const environmentOf = ({ seconds = 0.5, exitCode = 0, pullSeconds, fault }: Runner = {}) => ({
  RUNNER_SECONDS: String(seconds),
  RUNNER_EXIT_CODE: String(exitCode),
  ...(fault && { RUNNER_FAULT: fault }),
  ...(pullSeconds !== undefined && { RUNNER_PULL_SECONDS: String(pullSeconds) }),
})

export const phaseIs = (world: World, name: string, phase: Phase, seconds?: number): Promise<Live<AgenticSession>> =>
  world.eventually(
    `${name} is ${phase}`,
    async () => {
      const session = await world.session(name)
      return session?.status?.phase === phase ? session : undefined
    },
    seconds,
  )

export const conditionOf = (session: AgenticSession, type: string) =>
  session.status?.conditions?.find((condition) => condition.type === type)

/** Lets so many objects of a kind, as `count/pods`, be in the world's namespace. */
export const quota = ({ namespace }: Pick<World, 'namespace'>, kind: string, count: string): KubernetesObject => {
  const metadata = { name: kind.replace('/', '-'), namespace }
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata, ...{ spec: { hard: { [kind]: count } } } }
}

export const gone = (world: World, name: string): Promise<true> =>
  world.eventually(`${name} is gone`, async () => ((await world.session(name)) ? undefined : (true as const)))
