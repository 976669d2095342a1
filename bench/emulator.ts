import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ApiServer, createApiServer } from '#emulator/api-server/server.ts'
import type { KubeObject, Request } from '#emulator/api-server/types.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import * as objects from './emulator-objects.ts'
import { type Figure, medianOf } from './report.ts'

const OBJECTS = 10_000
const BATCH = 500
const NAMESPACES = 10
const PAGE = 500

/** At most so many times what it costs to write the object as JSON and to read it again. */
const goals = {
  'create-session': 14,
  'patch-session-status': 12,
  'create-job': 18,
  'patch-job-status': 3.5,
  'create-pod': 18,
  'patch-pod-status': 4,
  get: 2,
} as const

type Subject = keyof typeof goals
type Step = { readonly name: Subject; readonly isMeasured: boolean; readonly run: (index: number) => KubeObject }

/**
 * Microseconds of one request to the embedded API server, in process, while 10,000 sessions with a Job and a Pod each come to be; beside a
 * JSON round trip of the object answered. Then pages of a list, and the memory that is kept beside the size of the objects as JSON.
 */
export const emulator = async (): Promise<readonly Figure[]> => {
  const before = heapMebibytes()
  const api = createApiServer({ world: createVirtualWorld(1) })
  const call = callerOf(api)
  call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', objects.crd)
  for (let at = 0; at < NAMESPACES; at++) {
    const namespace = namespaceOf(at)
    call('POST', '/api/v1/namespaces', namespace)
    call('POST', `/api/v1/namespaces/${namespace.metadata.name}/serviceaccounts`, { metadata: { name: 'default' } })
  }
  const figures = requestFigures(stepsOf(call))
  const kept = heapMebibytes() - before
  const bytes = ['agenticsessions.vteam.ambient-code', 'jobs.batch', 'pods']
    .flatMap((table) => api.store.list(table, '') ?? [])
    .reduce((sum, object) => sum + JSON.stringify(object).length, 0)
  return [
    ...figures,
    ...listFigures(call),
    { name: 'emulator/memory', value: kept, unit: 'MiB', baseline: bytes / 2 ** 20, goal: 2 },
  ]
}

type Call = (method: Request['method'], path: string, body?: unknown) => KubeObject

const admin = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

const callerOf =
  (api: ApiServer): Call =>
  (method, path, body) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = { 'content-type': type, accept: 'application/json', 'user-agent': 'bench/1' }
    const response = api.handle({ method, path, headers, user: admin, ...(body !== undefined && { body }) })
    if ('watch' in response || response.status >= 300)
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify('body' in response && response.body)}`)
    return response.body as KubeObject // every answer below 300 here is one
  }

const namespaceName = (index: number): string => `team-${index % NAMESPACES}`
const namespaceOf = (index: number) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespaceName(index) },
})

const stepsOf = (call: Call): readonly Step[] => {
  const nameOf = (index: number) => `session-${index}`
  const to = (index: number, collection: (namespace: string) => string) =>
    `${collection(namespaceName(index))}/${nameOf(index)}`
  const status = (index: number, collection: (namespace: string) => string, body: unknown) =>
    call('PATCH', `${to(index, collection)}/status`, body)
  const uidOf = (index: number, collection: (namespace: string) => string) =>
    call('GET', to(index, collection)).metadata.uid ?? ''
  const { sessions, jobs, pods } = objects
  const step = (name: Subject, run: Step['run'], isMeasured = true): Step => ({ name, run, isMeasured })
  return [
    step('create-session', (index) => call('POST', sessions(namespaceName(index)), objects.aSession(nameOf(index)))),
    step('patch-session-status', (index) => status(index, sessions, objects.creating(nameOf(index)))),
    step('create-job', (index) =>
      call('POST', jobs(namespaceName(index)), objects.aJob(nameOf(index), uidOf(index, sessions))),
    ),
    step('patch-job-status', (index) => status(index, jobs, objects.startedJob)),
    step('create-pod', (index) =>
      call('POST', pods(namespaceName(index)), objects.aPod(nameOf(index), uidOf(index, jobs))),
    ),
    step('patch-pod-status', (index) => status(index, pods, objects.runningPod)),
    step('patch-job-status', (index) => status(index, jobs, objects.readyJob), false),
    step('patch-pod-status', (index) => status(index, pods, objects.endedPod), false),
    step('patch-session-status', (index) => status(index, sessions, objects.completed), false),
    step('get', (index) => call('GET', to(index, sessions))),
  ]
}

const requestFigures = (steps: readonly Step[]): readonly Figure[] => {
  const samples = new Map<Subject, { readonly own: number[]; readonly baseline: number[] }>()
  for (let from = 0; from < OBJECTS; from += BATCH) {
    for (const { name, run, isMeasured } of steps) {
      const answers: KubeObject[] = []
      const own = microseconds(() => {
        for (let index = from; index < from + BATCH; index++) answers.push(run(index))
      })
      if (!isMeasured) continue
      const baseline = microseconds(() => {
        for (const answer of answers) JSON.parse(JSON.stringify(answer))
      })
      const found = samples.get(name) ?? { own: [], baseline: [] }
      found.own.push(own / BATCH)
      found.baseline.push(baseline / BATCH)
      samples.set(name, found)
    }
  }
  return [...samples].map(([name, { own, baseline }]) => ({
    name: `emulator/${name}/time`,
    value: medianOf(own),
    unit: 'us',
    baseline: medianOf(baseline),
    goal: goals[name],
  }))
}

/** The first page of all sessions of all namespaces, and the next; beside a JSON round trip of a page. */
const listFigures = (call: Call): readonly Figure[] => {
  const path = `/apis/vteam.ambient-code/v1alpha1/agenticsessions?limit=${PAGE}`
  const rounds = Array.from({ length: 20 }, (_, round) => {
    call('PATCH', `${objects.sessions('team-0')}/session-0`, { spec: { displayName: `round ${round}` } })
    const first = call('GET', path)
    const { continue: token = '' } = first.metadata as { continue?: string }
    return {
      list: microseconds(() => call('GET', path)),
      next: microseconds(() => call('GET', `${path}&continue=${token}`)),
      baseline: microseconds(() => JSON.parse(JSON.stringify(first))),
    }
  })
  const baseline = medianOf(rounds.map((each) => each.baseline))
  return (['list', 'next'] as const).map((name) => ({
    name: `emulator/${name === 'list' ? 'first-page' : 'next-page'}/time`,
    value: medianOf(rounds.map((each) => each[name])),
    unit: 'us',
    baseline,
    goal: 0.3,
  }))
}

const microseconds = (work: () => void): number => {
  const start = performance.now()
  work()
  return (performance.now() - start) * 1000
}

const heapMebibytes = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // what the flag makes known
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}
