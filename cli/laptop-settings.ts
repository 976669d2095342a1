import type { KubeObject } from '#emulator/api-server/types.ts'

const scaling = 'autoscaling.knative.dev/'

/** What differs on a laptop from what a cluster would get, in words. */
export const laptopSettings = [
  'functions start at zero (initial-scale 0) and go back there after 6 s (window)',
  'KEDA polls every second and cools down for 3 s; the first cron window opens in two to three minutes, a sweep is asked for at the start',
]

/** The manifests, as quick as one who looks on would have them. `now` is milliseconds since the epoch. Pure. */
export const forLaptop = (objects: readonly KubeObject[], now: number): readonly KubeObject[] =>
  objects.map((object) => {
    switch (object.kind) {
      case 'Service':
        return object.apiVersion.startsWith('serving.knative.dev/') ? withQuickScaling(object) : object
      case 'ScaledObject':
        return withQuickCron(object, new Date(now).getUTCMinutes())
      default:
        return object
    }
  })

type Service = { readonly template: { readonly metadata?: { readonly annotations?: object } } }

const withQuickScaling = (service: KubeObject): KubeObject => {
  const { template } = service['spec'] as Service
  const annotations = {
    ...template.metadata?.annotations,
    [`${scaling}initial-scale`]: '0',
    [`${scaling}window`]: '6s',
  }
  return { ...service, spec: { template: { ...template, metadata: { ...template.metadata, annotations } } } }
}

type Scaled = { readonly triggers: readonly { readonly metadata: object }[] }

/** The same period, but no window that happens to be open now: what has just been looked at may go back to zero. */
const withQuickCron = (scaledObject: KubeObject, minute: number): KubeObject => {
  const spec = scaledObject['spec'] as Scaled
  const every = (from: number) => `${from % 5}-59/5 * * * *`
  const triggers = spec.triggers.map(({ metadata, ...trigger }) => ({
    ...trigger,
    metadata: { ...metadata, start: every(minute + 3), end: every(minute + 4) },
  }))
  return { ...scaledObject, spec: { ...spec, triggers, pollingInterval: 1, cooldownPeriod: 3 } }
}
