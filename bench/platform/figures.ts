import { setTimeout as pause } from 'node:timers/promises'
import { NAMESPACE } from '#manifests/names.ts'
import type { AuditEvent } from '#test/cluster/audit.ts'
import { PLATFORM_NAMESPACES } from '#test/platform/install.ts'
import type { Platform } from '#test/platform/platform.ts'
import { type Figure, medianOf } from '../report.ts'
import type { Samples } from './rounds.ts'
import { partsOf, type Stations } from './stations.ts'
import { bare, ours } from './subjects.ts'
import {
  type ContainerUsage,
  containerUsage,
  type PodLife,
  podLives,
  podSeconds,
  requestsOf,
  residentMebibytes,
  type Span,
  usefulLives,
} from './usage.ts'

const COLD_RATIO = 1.25
const WARM_MS = 60
const POD_MEBIBYTES = 90

const FUNCTIONS = ['on-session-event', 'on-job-event', 'on-dead-letter']
const SWEEPER = 'timeout-sweeper'

/** The medians of all parts of the way, ours beside the bare function's. */
export const timeFigures = (temperature: 'cold' | 'warm', samples: Samples): readonly Figure[] => {
  const medians = (all: readonly Stations[]): ReadonlyMap<string, number> => {
    const parts = all.map(partsOf)
    const names = Object.keys(parts[0] ?? {})
    return new Map(names.map((name) => [name, medianOf(parts.map((each) => each[name] ?? 0))]))
  }
  const baselines = medians(samples.bare)
  return [...medians(samples.ours)].map(([part, value]) => ({
    name: `platform/${temperature}/${part}`,
    value,
    unit: 'ms',
    baseline: baselines.get(part) ?? 0,
    ...(part === 'accepted to Job' && (temperature === 'cold' ? { goal: COLD_RATIO } : { limit: WARM_MS })),
  }))
}

/** What one session costs that comes alone: from zero and back. */
export const sessionFigures = (audit: readonly AuditEvent[], span: Span, sessions: number): readonly Figure[] => {
  // Those that make a new revision ready may still be on their way out.
  const lives = podLives(audit, NAMESPACE).filter(({ from }) => from >= span.from)
  const secondsOf = (all: readonly PodLife[]): number =>
    FUNCTIONS.reduce((total, name) => total + podSeconds(all, name, span), 0) / sessions
  const requests = FUNCTIONS.map((name) => requestsOf(audit, { namespace: NAMESPACE, name }, span))
  return [
    { name: 'platform/session/Pods', value: secondsOf(lives), unit: 'pod-seconds' },
    { name: 'platform/session/Pods, until asked to end', value: secondsOf(usefulLives(lives)), unit: 'pod-seconds' },
    {
      name: 'platform/session/API requests',
      value: requests.reduce((sum, each) => sum + each, 0) / sessions,
      unit: 'requests',
    },
    {
      name: 'platform/session/Pods of the bare function',
      value: podSeconds(lives, bare.service, span) / sessions,
      unit: 'pod-seconds',
    },
  ]
}

/** The kubelet looks at a container every so often. */
const STATS_MS = 15_000

/** The working sets of the Pods that run, which must have handled events just now. */
export const memoryFigures = async ({ api }: Platform): Promise<readonly Figure[]> => {
  await pause(STATS_MS)
  const usage = (await containerUsage(api)).filter(({ namespace }) => namespace === NAMESPACE)
  return [ours.service, 'on-job-event', bare.service].flatMap((service) => {
    const containers = usage.filter(({ pod }) => pod.startsWith(`${service}-`))
    const [{ podUid } = { podUid: '' }] = containers
    const ofPod = containers.filter((each) => each.podUid === podUid)
    const name = `platform/memory/${service}`
    return [
      { name, value: sum(ofPod), unit: 'MiB', ...(service !== bare.service && { limit: POD_MEBIBYTES }) },
      {
        name: `${name}/its process`,
        value: sum(ofPod.filter(({ container }) => container === 'function')),
        unit: 'MiB',
      },
      { name: `${name}/resident`, value: residentMebibytes(podUid), unit: 'MiB' },
    ]
  })
}

const sum = (usage: readonly ContainerUsage[]): number => usage.reduce((total, { mebibytes }) => total + mebibytes, 0)

/** What is used while no session changes: by us, and by Knative and KEDA, which serve others too. */
export const idleFigures = async (platform: Platform, minutes: number): Promise<readonly Figure[]> => {
  const from = Date.now()
  const before = await containerUsage(platform.api)
  await pause(minutes * 60_000)
  const after = await containerUsage(platform.api)
  const span = { from, to: Date.now() }
  const audit = platform.audit()
  const lives = podLives(audit, NAMESPACE)
  const ofFunctions = (count: (name: string) => number): number =>
    FUNCTIONS.reduce((total, name) => total + count(name), 0)
  const requests = (name: string): number => requestsOf(audit, { namespace: NAMESPACE, name }, span)
  const of = (name: string, value: number, unit: string): Figure => ({ name: `platform/idle/${name}`, value, unit })
  return [
    {
      ...of(
        'Pods of functions',
        ofFunctions((name) => podSeconds(lives, name, span)),
        'pod-seconds',
      ),
      limit: 0,
    },
    { ...of('API requests of functions', ofFunctions(requests), 'requests'), limit: 0 },
    of('Pods of the sweeper', podSeconds(lives, SWEEPER, span), 'pod-seconds'),
    of('API requests of the sweeper', requests(SWEEPER), 'requests'),
    of('API requests of the source', requests('source'), 'requests'),
    of('minutes', (span.to - span.from) / 60_000, 'min'),
    ...PLATFORM_NAMESPACES.concat(NAMESPACE).flatMap((namespace) => platformFigures(namespace, before, after, span)),
  ]
}

const platformFigures = (
  namespace: string,
  before: readonly ContainerUsage[],
  after: readonly ContainerUsage[],
  { from, to }: Span,
): readonly Figure[] => {
  const earlier = new Map(before.map((each) => [`${each.pod} ${each.container}`, each.cpuSeconds]))
  const there = after.filter((each) => each.namespace === namespace)
  const cpuSeconds = there.reduce(
    (total, { pod, container, cpuSeconds }) => total + cpuSeconds - (earlier.get(`${pod} ${container}`) ?? 0),
    0,
  )
  return [
    { name: `platform/idle/${namespace}/CPU`, value: (cpuSeconds / (to - from)) * 1e6, unit: 'mCPU' },
    { name: `platform/idle/${namespace}/memory`, value: sum(there), unit: 'MiB' },
  ]
}
