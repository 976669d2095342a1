import { eventually } from './eventually.ts'
import type { Platform } from './platform.ts'

type Container = { readonly args: readonly string[]; readonly env?: readonly object[] }
type Template = { readonly metadata: object; readonly spec: { readonly containers: readonly Container[] } }
type Deployment = { readonly spec: { readonly template: Template }; readonly status?: { readonly replicas?: number } }
type Created = { readonly metadata: { readonly name: string } }
type Pod = { readonly status: { readonly phase: string } }

const NAMESPACE = 'dormouse'
const NAME = 'timeout-sweeper'
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${NAME}`
const SCALED = `/apis/keda.sh/v1alpha1/namespaces/${NAMESPACE}/scaledobjects/${NAME}`
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`

/** A Pod as the sweeper's Deployment makes them, with another container; it is no Pod of that Deployment. */
const start = async ({ api }: Platform, change: (container: Container) => Container): Promise<string> => {
  const { spec } = await api.get<Deployment>(DEPLOYMENT)
  const { containers, ...rest } = spec.template.spec
  const { metadata } = await api.post<Created>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'sweep-', namespace: NAMESPACE, labels: { app: 'sweep' } },
    spec: { ...rest, restartPolicy: 'Never', containers: containers.map(change) },
  })
  return metadata.name
}

/** One sweep, by hand, in a Pod of its own; throws with its log where it left something undone. */
export const sweepOnce = async (platform: Platform): Promise<void> => {
  const name = await start(platform, ({ args, ...rest }) => ({ ...rest, args: [...args, '--once'] }))
  const phase = await eventually(`${name} has ended`, async () => {
    const { status } = await platform.api.get<Pod>(`${PODS}/${name}`)
    return ['Succeeded', 'Failed'].includes(status.phase) ? status.phase : undefined
  })
  if (phase !== 'Succeeded')
    throw new Error(`${name} is ${phase}: ${await platform.kubectl('logs', '-n', NAMESPACE, name)}`)
}

/** A sweeper that goes on until `stopSweeperPods`; resolves when it runs. */
export const startSweeperPod = async (platform: Platform, periodSeconds: number): Promise<void> => {
  const env = [{ name: 'SWEEP_PERIOD_SECONDS', value: String(periodSeconds) }]
  const name = await start(platform, (container) => ({ ...container, env }))
  await platform.kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', `pod/${name}`, '--timeout=60s')
}

export const stopSweeperPods = async ({ kubectl }: Platform): Promise<void> => {
  await kubectl('delete', 'pods', '-n', NAMESPACE, '-l', 'app=sweep', '--grace-period=5')
}

/** Whether KEDA wakes the sweeper: it is at zero until the clock says otherwise once this resolves. */
export const letClockSweep = async ({ api }: Platform, isWanted: boolean): Promise<void> => {
  const annotations = { 'autoscaling.keda.sh/paused-replicas': isWanted ? null : '0' }
  await api.patch(SCALED, 'merge', { metadata: { annotations } })
  if (isWanted) return
  await eventually('the sweeper sleeps', async () => ((await sweepers({ api })) === 0 ? true : undefined), 90)
}

/** How many Pods of the sweeper its Deployment counts. */
export const sweepers = async ({ api }: Pick<Platform, 'api'>): Promise<number> =>
  (await api.get<Deployment>(DEPLOYMENT)).status?.replicas ?? 0
