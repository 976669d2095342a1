import { setTimeout as pause } from 'node:timers/promises'
import { knativeServiceOf } from '#manifests/knative-service.ts'
import { eventually } from '#test/platform/eventually.ts'
import { aRestrictedNamespace } from '#test/platform/fixtures.ts'
import type { Manifest } from '#test/platform/manifests.ts'
import type { Platform } from '#test/platform/platform.ts'

/** Where the Knative Services of experiments are. */
export const VARIANTS = 'variants'

/** A function's Knative Service as the manifests have it, but for what one experiment is about. */
export type Variant = {
  readonly name: string
  /** `undefined` takes the manifests' away. */
  readonly annotations?: Readonly<Record<string, string | undefined>>
  readonly container?: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
}

type Service = {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: object }
      readonly spec: { readonly containers: readonly object[] }
    }
  }
}

const serviceOf = ({ name, annotations = {}, container = {}, spec = {} }: Variant, image: string): Manifest => {
  const { apiVersion, kind, spec: ordinary } = knativeServiceOf({ name: 'on-session-event' }) as Service
  const { metadata, spec: pod } = ordinary.template
  const own = { image, envFrom: [], ...container }
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: VARIANTS },
    spec: {
      template: {
        metadata: { annotations: { ...metadata.annotations, ...annotations } },
        spec: {
          ...pod,
          serviceAccountName: 'default',
          containers: pod.containers.map((each) => ({ ...each, ...own })),
          ...spec,
        },
      },
    },
  }
}

/** Resolves when all are ready. */
export const applyVariants = async (platform: Platform, variants: readonly Variant[], image: string): Promise<void> => {
  const { kubectl } = platform
  const items = [aRestrictedNamespace(VARIANTS), ...variants.map((variant) => serviceOf(variant, image))]
  await kubectl('apply', '-f', '-', { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  await kubectl('wait', '-n', VARIANTS, '--for=condition=Ready', 'ksvc', '--all', '--timeout=180s')
}

const selecting = (name: string): string => `labelSelector=${encodeURIComponent(`serving.knative.dev/service=${name}`)}`

/** Resolves when the autoscaler has decided so. */
export const wantsNoPod = ({ api }: Platform, name: string): Promise<true> =>
  eventually(
    `${name} is at zero`,
    async () => {
      type Deployments = { readonly items: readonly { readonly spec: { readonly replicas: number } }[] }
      const { items } = await api.get<Deployments>(
        `/apis/apps/v1/namespaces/${VARIANTS}/deployments?${selecting(name)}`,
      )
      return items.every(({ spec }) => spec.replicas === 0) ? true : undefined
    },
    300,
  )

/** Resolves when the last Pod is gone, too. */
export const hasNoPod = ({ api }: Platform, name: string): Promise<true> =>
  eventually(
    `${name} has no Pod`,
    async () => {
      type Pods = { readonly items: readonly unknown[] }
      const { items } = await api.get<Pods>(`/api/v1/namespaces/${VARIANTS}/pods?${selecting(name)}`)
      return items.length === 0 ? true : undefined
    },
    300,
  )

/** How long one request takes that touches nothing, in milliseconds. */
export const ask = async (name: string): Promise<number> => {
  const asked = performance.now()
  const response = await fetch(`http://${name}.${VARIANTS}.svc.cluster.local/health/readiness`)
  await response.text()
  if (!response.ok) throw new Error(`${name} answered ${response.status}`)
  return performance.now() - asked
}

/** From zero each time, in turns. */
export const askCold = async (
  platform: Platform,
  variants: readonly Variant[],
  rounds: number,
): Promise<Readonly<Record<string, readonly number[]>>> => {
  const times: Record<string, number[]> = Object.fromEntries(variants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name } of round % 2 === 0 ? variants : variants.toReversed()) {
      await wantsNoPod(platform, name)
      await pause(1000)
      times[name]?.push(Math.round(await ask(name)))
    }
  }
  return times
}
