import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificates } from '#emulator/host/certificates.ts'
import type { ApiClient } from '../cluster/api-client.ts'
import type { Kubectl } from '../cluster/kubectl.ts'
import { eventingManifests, kedaManifests, type Manifest, servingManifests } from './manifests.ts'
import type { Parts } from './parts.ts'

/** Where the parts of the platform run. */
export const PLATFORM_NAMESPACES = ['knative-eventing', 'knative-serving', 'kourier-system', 'keda']

type Target = { readonly api: ApiClient; readonly kubectl: Kubectl; readonly parts: Parts }

/** Makes the kinds of Knative and KEDA; safe while the images are still on their way. Returns what is to be applied next. */
export async function installKinds({ kubectl, parts }: Target): Promise<readonly Manifest[]> {
  const keda = await kubectl('kustomize', `${parts.sources.keda}/config/default`)
  const certificates = await makeCertificates(Date.now())
  const objects = [...eventingManifests(parts), ...servingManifests(parts), ...kedaManifests(keda, parts, certificates)]
  const isFirst = ({ kind }: Manifest): boolean => kind === 'CustomResourceDefinition' || kind === 'Namespace'
  await apply(kubectl, objects.filter(isFirst))
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
  return objects.filter((object) => !isFirst(object))
}

/** Applies the rest; resolves when every Deployment is Available and the webhooks answer. */
export async function installPlatform({ api, kubectl }: Target, objects: readonly Manifest[]): Promise<void> {
  await apply(kubectl, objects)
  await Promise.all(
    PLATFORM_NAMESPACES.map((namespace) =>
      kubectl('wait', '-n', namespace, '--for=condition=Available', 'deployment', '--all', '--timeout=300s'),
    ),
  )
  await webhooksAnswer(api)
}

async function apply(kubectl: Kubectl, items: readonly Manifest[]): Promise<void> {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', '-', { stdin })
}

const WEBHOOK_SECONDS = 60

// Only a webhook fills in these defaults, and only once it has registered itself.
async function webhooksAnswer(api: ApiClient): Promise<void> {
  type Defaulted = { readonly spec?: { readonly template?: { readonly spec?: { readonly timeoutSeconds?: number } } } }
  const service = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'probe' },
    spec: { template: { spec: { containers: [{ image: 'platform.test/none:1' }] } } },
  }
  const broker = { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', metadata: { name: 'probe' } }
  const deadline = Date.now() + WEBHOOK_SECONDS * 1000
  for (;;) {
    try {
      const path = 'namespaces/default'
      const served = await api.post<Defaulted>(`/apis/serving.knative.dev/v1/${path}/services?dryRun=All`, service)
      const brokered = await api.post<{ spec?: { config?: object } }>(
        `/apis/eventing.knative.dev/v1/${path}/brokers?dryRun=All`,
        broker,
      )
      if (served.spec?.template?.spec?.timeoutSeconds !== undefined && brokered.spec?.config !== undefined) return
      if (Date.now() > deadline) throw new Error('they set no defaults')
    } catch (cause) {
      if (Date.now() > deadline)
        throw new Error(`the webhooks of Knative do not answer after ${WEBHOOK_SECONDS} s`, { cause })
    }
    await sleep(200)
  }
}
