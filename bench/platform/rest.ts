import { setTimeout as pause } from 'node:timers/promises'
import sweeper from '#functions/timeout-sweeper/index.ts'
import { NAMESPACE } from '#manifests/names.ts'
import { PLATFORM_NAMESPACES } from '#test/platform/install.ts'
import type { Platform } from '#test/platform/platform.ts'
import { letClockSweep } from '#test/platform/sweeps.ts'
import type { Figure } from '../report.ts'
import { BARE } from './bare-chain.ts'
import { FUNCTIONS } from './figures.ts'
import type { MemoryWatch } from './memory.ts'
import type { Say } from './progress.ts'
import { allGone, phasesOf, WITHOUT_RUNNERS } from './subjects.ts'
import { type ContainerUsage, containerUsage, podLives, podSeconds, requestsOf, type Span } from './usage.ts'
import { covers, secondsOf, useOf, windowsIn } from './windows.ts'

/** What is deleted is still told of for a while. */
const LAST_EVENTS_MS = 10_000

/** Takes away what has no runner, and what watches for the bare function; then there are sessions that ended and one that runs. */
export const comeToRest = async (platform: Platform): Promise<void> => {
  await platform.kubectl('delete', 'namespace', WITHOUT_RUNNERS, '--timeout=180s')
  await platform.kubectl('delete', '-n', NAMESPACE, 'apiserversource', BARE)
  await pause(LAST_EVENTS_MS)
  await allGone(platform)
  await letClockSweep(platform, true)
}

const MINUTE_MS = 60_000
/** How often somebody looks at the sweeper's memory meanwhile. */
const LOOK_MS = 20_000

type Watch = { readonly minutes: number; readonly memory: MemoryWatch; readonly say: Say }

/** What is used while no session changes: by us, and by Knative and KEDA, which serve others too. */
export const idleFigures = async (platform: Platform, { minutes, memory, say }: Watch): Promise<readonly Figure[]> => {
  const phases = await phasesOf(platform)
  const from = Date.now()
  const to = from + minutes * MINUTE_MS
  const before = await containerUsage(platform.api)
  for (let look = 1; Date.now() < to; look++) {
    await pause(Math.min(LOOK_MS, to - Date.now()))
    await memory.look()
    if (look % (MINUTE_MS / LOOK_MS) === 0) say(`idle, ${Math.ceil((to - Date.now()) / MINUTE_MS)} minutes more`)
  }
  const after = await containerUsage(platform.api)
  const span = { from, to: Date.now() }
  const now = await phasesOf(platform)
  if (!phases['Running'] || JSON.stringify(now) !== JSON.stringify(phases))
    throw new Error(`sessions did not stay as they were while idle: ${JSON.stringify([phases, now])}`)
  return [
    ...ownFigures(platform, span),
    of('sessions that ended', phases['Completed'] ?? 0, 'sessions'),
    of('sessions that run', phases['Running'], 'sessions'),
    ...usageFigures(NAMESPACE, [NAMESPACE], { before, after, span }),
    ...PLATFORM_NAMESPACES.flatMap((namespace) => usageFigures(namespace, [namespace], { before, after, span })),
    ...usageFigures('Knative and KEDA', PLATFORM_NAMESPACES, { before, after, span }),
  ]
}

const of = (name: string, value: number, unit: string, limit?: number): Figure => ({
  name: `platform/idle/${name}`,
  value,
  unit,
  ...(limit !== undefined && { limit }),
})

const ownFigures = (platform: Platform, span: Span): readonly Figure[] => {
  const audit = platform.audit()
  covers(audit, span)
  const lives = podLives(audit, NAMESPACE)
  const sum = (count: (name: string) => number): number => FUNCTIONS.reduce((total, name) => total + count(name), 0)
  const requests = (name: string): number => requestsOf(audit, { namespace: NAMESPACE, name }, span)
  const [everyMinutes = 0] = sweeper.on.flatMap((trigger) => ('everyMinutes' in trigger ? [trigger.everyMinutes] : []))
  const windows = windowsIn(span, everyMinutes)
  const swept = useOf({ audit, lives }, { namespace: NAMESPACE, name: sweeper.name }, { span, windows })
  const windowSeconds = windows.reduce((total, window) => total + secondsOf(window), 0)
  return [
    of('minutes', secondsOf(span) / 60, 'min'),
    of(
      'Pods of functions',
      sum((name) => podSeconds(lives, name, span)),
      'pod-seconds',
      0,
    ),
    of('API requests of functions', sum(requests), 'requests', 0),
    of('windows of the sweeper', windows.length, 'windows'),
    of('Pods of the sweeper', swept.podSeconds, 'pod-seconds', windowSeconds),
    of('Pods of the sweeper, outside its windows', swept.outside.podSeconds, 'pod-seconds', 0),
    of('API requests of the sweeper', swept.requests, 'requests'),
    of('API requests of the sweeper, outside its windows', swept.outside.requests, 'requests', 0),
    of('API requests of the source', requests('source'), 'requests'),
  ]
}

type Looks = {
  readonly before: readonly ContainerUsage[]
  readonly after: readonly ContainerUsage[]
  readonly span: Span
}

/** What the containers of some namespaces used. Throws where one has none. */
const usageFigures = (
  name: string,
  namespaces: readonly string[],
  { before, after, span }: Looks,
): readonly Figure[] => {
  const earlier = new Map(before.map((each) => [`${each.pod} ${each.container}`, each.cpuSeconds]))
  const there = namespaces.flatMap((namespace) => {
    const containers = after.filter((each) => each.namespace === namespace)
    if (containers.length === 0) throw new Error(`the kubelet told of no container in ${namespace}`)
    return containers
  })
  const cpuSeconds = there.reduce(
    (total, { pod, container, cpuSeconds }) => total + cpuSeconds - (earlier.get(`${pod} ${container}`) ?? 0),
    0,
  )
  const mebibytes = there.reduce((total, each) => total + each.mebibytes, 0)
  return [of(`${name}/CPU`, (cpuSeconds / secondsOf(span)) * 1000, 'mCPU'), of(`${name}/memory`, mebibytes, 'MiB')]
}
