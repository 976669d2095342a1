import type { Json, KubeObject } from '../api-server/types.ts'

/** A Knative Service's revision template, as its schema has checked and completed it. */
export type Template = {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: Json & {
    readonly containers: readonly [Json & { readonly name: string; readonly env?: readonly Json[] }]
    readonly containerConcurrency: number
    readonly timeoutSeconds: number
  }
}

export type Owner = { readonly namespace: string; readonly name: string; readonly uid: string }

export type Revision = { readonly owner: Owner; readonly name: string; readonly template: Template }

// The schema of the CRD has made sure of its shape.
export const templateOf = (service: KubeObject): Template => (service['spec'] as { template: Template }).template

/** Seconds between the start of a Pod's termination and its SIGTERM: the queue-proxy's quiet period. */
export const quietSeconds = 30

const letters = 'bcdfghjklmnpqrstvwxz2456789'
export const randomName = (length: number, random: () => number): string =>
  Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('')

/**
 * The Pod of a revision, without the queue-proxy: what that does is done by the activator here. `hash` is the one of the ReplicaSet.
 * A preStop hook stands for the wait until the queue-proxy is drained, `drainSeconds` long.
 */
export function podFor(revision: Revision, hash: string, name: string, drainSeconds: number): KubeObject {
  const { owner, template } = revision
  const { containerConcurrency: _, timeoutSeconds, containers, ...podSpec } = template.spec
  const [container] = containers
  const [{ containerPort } = { containerPort: 8080 }] = (container['ports'] ?? []) as { containerPort: number }[]
  const sleep = Math.min(drainSeconds, timeoutSeconds)
  const probe = (key: string): Json => {
    const given = container[key] as Json | undefined
    return given ? { [key]: withPort(given, containerPort) } : {}
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.namespace,
      labels: {
        ...template.metadata?.labels,
        app: revision.name,
        'pod-template-hash': hash,
        'serving.knative.dev/configuration': owner.name,
        'serving.knative.dev/revision': revision.name,
        'serving.knative.dev/service': owner.name,
      },
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      // In a cluster a Deployment and its ReplicaSet are between the two.
      ownerReferences: [
        {
          apiVersion: 'serving.knative.dev/v1',
          kind: 'Service',
          name: owner.name,
          uid: owner.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...podSpec,
      terminationGracePeriodSeconds: timeoutSeconds,
      containers: [
        {
          ...container,
          ports: [{ name: 'user-port', containerPort, protocol: 'TCP' }],
          env: [
            ...(container.env ?? []),
            { name: 'PORT', value: String(containerPort) },
            { name: 'K_REVISION', value: revision.name },
            { name: 'K_CONFIGURATION', value: owner.name },
            { name: 'K_SERVICE', value: owner.name },
          ],
          readinessProbe: withPort((container['readinessProbe'] ?? { tcpSocket: {} }) as Json, containerPort),
          ...probe('livenessProbe'),
          ...probe('startupProbe'),
          terminationMessagePolicy: container['terminationMessagePolicy'] ?? 'FallbackToLogsOnError',
          ...(sleep > 0 && { lifecycle: { preStop: { sleep: { seconds: sleep } } } }),
        },
      ],
    },
  }
}

/** With the container's port where the probe names none. A period of 0 is the platform's own; the kubelet then polls every 10 s. */
function withPort(probe: Json, port: number): Json {
  const { periodSeconds, ...rest } = probe
  const placed = Object.entries(rest).map(([key, value]) =>
    ['httpGet', 'tcpSocket', 'grpc'].includes(key)
      ? [key, { ...(value as Json), port: (value as Json)['port'] || port }]
      : [key, value],
  )
  return { ...Object.fromEntries(placed), ...(periodSeconds !== 0 && periodSeconds !== undefined && { periodSeconds }) }
}
