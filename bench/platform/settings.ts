import { setTimeout as pause } from 'node:timers/promises'
import { aRestrictedNamespace, restricted } from '#test/platform/fixtures.ts'
import { install, loadOwnImages, ownImages } from '#test/platform/installation.ts'
import { type Platform, thePlatform } from '#test/platform/platform.ts'
import { medianOf } from '../report.ts'
import { burst } from './burst.ts'
import { applyVariants, ask, askCold, hasNoPod, type Variant, wantsNoPod } from './variants.ts'

/**
 * The experiments behind docs/decisions/0008: `npm run platform -- run npx node bench/platform/settings.ts [EXPERIMENT ...]` on a
 * platform that is up. Prints one line of JSON for each variant.
 */
const seconds = (ms: number): number => Math.round(ms / 100) / 10
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const windowOf = (window: string, retention?: string): Variant => ({
  name: `window-${window}${retention ? `-retention-${retention}` : ''}`,
  annotations: {
    'autoscaling.knative.dev/window': window,
    'autoscaling.knative.dev/scale-to-zero-pod-retention-period': retention,
  },
})

/** How long a Pod lives after the only request. */
const backToZero = async (platform: Platform, image: string): Promise<void> => {
  const variants = [windowOf('6s'), windowOf('10s'), windowOf('30s'), windowOf('60s'), windowOf('6s', '30s')]
  await applyVariants(platform, variants, image)
  for (const { name } of variants) await hasNoPod(platform, name)
  await Promise.all(
    variants.map(async ({ name }) => {
      await ask(name)
      const asked = Date.now()
      await wantsNoPod(platform, name)
      const decided = seconds(Date.now() - asked)
      await hasNoPod(platform, name)
      say({ experiment: 'back to zero', name, decided, gone: seconds(Date.now() - asked) })
    }),
  )
}

const coldAs = async (platform: Platform, experiment: string, variants: readonly Variant[], rounds = 3) => {
  for (const [name, times] of Object.entries(await askCold(platform, variants, rounds)))
    say({ experiment, name, median: medianOf(times), times })
}

/** From the request to its answer, from zero. */
const probes = async (platform: Platform, image: string): Promise<void> => {
  const readiness = { httpGet: { path: '/health/readiness' } }
  const variants: readonly Variant[] = [
    { name: 'probe-none', container: { readinessProbe: undefined } },
    { name: 'probe-http-1s', container: { readinessProbe: { ...readiness, periodSeconds: 1 } } },
    { name: 'probe-tcp-1s', container: { readinessProbe: { tcpSocket: {}, periodSeconds: 1 } } },
    { name: 'probe-http-10s', container: { readinessProbe: { ...readiness, periodSeconds: 10 } } },
  ]
  await applyVariants(platform, variants, image)
  await coldAs(platform, 'probe', variants)
}

const requesting = (cpu: string): Variant => ({
  name: `cpu-${cpu}`,
  container: { resources: { requests: { cpu, memory: '96Mi' }, limits: { memory: '384Mi' } } },
})

/** From zero while others want all of the node's processors, with 100 millicores requested each. */
const cpuRequests = async (platform: Platform, image: string): Promise<void> => {
  const variants = [
    requesting('10m'),
    requesting('50m'),
    requesting('200m'),
    {
      ...requesting('50m'),
      name: 'cpu-50m-limit-100m',
      container: { resources: { requests: { cpu: '50m' }, limits: { cpu: '100m' } } },
    },
  ]
  await applyVariants(platform, variants, image)
  await coldAs(platform, 'cpu, quiet', variants)
  await platform.kubectl('apply', '-f', '-', {
    stdin: JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [aRestrictedNamespace('busy'), ...[1, 2, 3, 4].map(aBusyPod)],
    }),
  })
  await platform.kubectl('wait', '-n', 'busy', '--for=condition=Ready', 'pod', '--all')
  await coldAs(platform, 'cpu, busy', variants)
  await platform.kubectl('delete', 'namespace', 'busy')
}

const aBusyPod = (at: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `busy-${at}`, namespace: 'busy' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: 'platform.test/busybox:1',
        command: ['sh', '-c', 'while true; do true; done'],
        resources: { requests: { cpu: '100m' } },
        securityContext: restricted,
      },
    ],
  },
})

/** Whether the activator stays in the way of requests to a function that is up. */
const activator = async (platform: Platform, image: string): Promise<void> => {
  const capacity = (of: string): Variant => ({
    name: `burst-capacity${of.replace('-', '-minus-')}`.replace(/capacity(\d)/, 'capacity-$1'),
    annotations: { 'autoscaling.knative.dev/target-burst-capacity': of, 'autoscaling.knative.dev/window': '30s' },
  })
  const variants = [capacity('0'), capacity('211'), capacity('-1')]
  await applyVariants(platform, variants, image)
  for (const { name } of variants) await ask(name)
  await pause(15_000)
  const times = new Map(variants.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < 60; round++) for (const [name, all] of times) all.push(await ask(name))
  for (const [name, all] of times) say({ experiment: 'activator', name, median: medianOf(all) })
}

/** Whether a revision may be made without a Pod that shows it can start. */
const initialScale = async (platform: Platform, image: string): Promise<void> => {
  const variant = { name: 'initial-scale-0', annotations: { 'autoscaling.knative.dev/initial-scale': '0' } }
  const answer = await applyVariants(platform, [variant], image).then(
    () => 'taken',
    (error: unknown) => String(error).slice(0, 400),
  )
  say({ experiment: 'initial scale', answer })
}

/** A hundred sessions at once; needs Dormouse itself. */
const bursts = async (platform: Platform): Promise<void> => {
  await install(platform, ownImages())
  const settings = [
    { maxScale: 1, concurrency: 50 },
    { maxScale: 5, concurrency: 50 },
    { maxScale: 5, concurrency: 10 },
    { maxScale: 5, concurrency: 0 },
  ]
  for (const each of settings) say({ experiment: 'burst', ...each, ...(await burst(platform, each)) })
}

const experiments = { backToZero, initialScale, activator, bursts, probes, cpuRequests }
const platform = thePlatform()
const { dormouse } = await loadOwnImages(platform)
const wanted = process.argv.slice(2)
for (const [name, experiment] of Object.entries(experiments))
  if (wanted.length === 0 || wanted.includes(name)) await experiment(platform, dormouse)
platform.api.close()
