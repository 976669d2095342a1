import { beforeAll, describe, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { aRecorder, aRestrictedNamespace, nodeImage, type Recording, restricted } from './fixtures.ts'
import type { Image } from './images.ts'
import type { Manifest } from './manifests.ts'
import { NODE_NAME } from './node-files.ts'
import { thePlatform } from './platform.ts'

type Items<T> = { readonly items: readonly T[] }
type Pod = {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly status: { readonly phase: string }
}

const platform = thePlatform()
const { api, kubectl } = platform

const apply = (...items: readonly Manifest[]) =>
  kubectl('apply', '-f', '-', { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })

const podsOf = async (namespace: string, selector: string): Promise<readonly Pod[]> => {
  const query = `labelSelector=${encodeURIComponent(selector)}`
  const { items } = await api.get<Items<Pod>>(`/api/v1/namespaces/${namespace}/pods?${query}`)
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

const podsOfService = (name: string, namespace: string) => podsOf(namespace, `serving.knative.dev/service=${name}`)

const atZero = (name: string, namespace: string) =>
  eventually(
    `${name} is at zero`,
    async () => ((await podsOfService(name, namespace)).length === 0 ? true : undefined),
    120,
  )

/** The cluster's own name of a Knative Service, which leads to Kourier and, from zero, to the activator. */
const ask = async (name: string, namespace: string): Promise<Recording> => {
  const response = await fetch(`http://${name}.${namespace}.svc.cluster.local/`)
  return (await response.json()) as Recording
}

const isReady = (what: string, namespace: string) =>
  kubectl('wait', '-n', namespace, '--for=condition=Ready', what, '--timeout=120s')

describe('the platform', () => {
  let image: Image
  beforeAll(async () => {
    image = await nodeImage()
    await platform.loadImage(image.archive)
  })

  test('is ready within two minutes', () => {
    console.log(`seconds since the begin: ${JSON.stringify(platform.timings)}`)
    expect(platform.timings.ready).toBeLessThan(120)
  })

  test('has one Node, which is Ready', async () => {
    type Node = { metadata: { name: string }; status: { conditions: readonly { type: string; status: string }[] } }
    const { items } = await api.get<Items<Node>>('/api/v1/nodes')
    const ready = items.map(({ metadata, status }) => [
      metadata.name,
      status.conditions.find(({ type }) => type === 'Ready')?.status,
    ])
    expect(ready).toEqual([[NODE_NAME, 'True']])
  })

  test('runs a Pod in a namespace of the restricted standard, and refuses one that is not so', async () => {
    const container = { name: 'main', image: 'platform.test/busybox:1', command: ['sh', '-c', 'echo hello'] }
    const aPod = (name: string, securityContext?: object): Manifest => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'restricted' },
      spec: { restartPolicy: 'Never', containers: [{ ...container, ...(securityContext && { securityContext }) }] },
    })
    await apply(aRestrictedNamespace('restricted'))
    await eventually('the namespace takes Pods', () => apply(aPod('meek', restricted)))
    const phase = await eventually('the Pod has ended', async () => {
      const { status } = await api.get<Pod>('/api/v1/namespaces/restricted/pods/meek')
      return ['Succeeded', 'Failed'].includes(status.phase) ? status.phase : undefined
    })
    expect(phase).toBe('Succeeded')
    expect(await kubectl('logs', '-n', 'restricted', 'meek')).toBe('hello\n')
    await expect(apply(aPod('bold'))).rejects.toThrow('violates PodSecurity "restricted')
  })

  test('starts a Knative Service at zero with its first request, and takes it back to zero', async () => {
    await apply(aRestrictedNamespace('serving'), aRecorder('hello', 'serving', image))
    await isReady('ksvc/hello', 'serving')
    await atZero('hello', 'serving')
    const asked = Date.now()
    const { pod } = await ask('hello', 'serving')
    console.log(`first answer after ${Date.now() - asked} ms`)
    expect((await podsOfService('hello', 'serving')).map(({ metadata }) => metadata.name)).toEqual([pod])
    await atZero('hello', 'serving')
  })

  test('takes a change from an ApiServerSource through a Broker and a Trigger to a Knative Service at zero', async () => {
    const namespace = 'eventing'
    await apply(
      aRestrictedNamespace(namespace),
      ...aSourceOfConfigMaps(namespace),
      aRecorder('heard', namespace, image),
    )
    for (const what of ['apiserversource/source', 'broker/default', 'trigger/heard', 'ksvc/heard'])
      await isReady(what, namespace)
    await atZero('heard', namespace)
    await kubectl('create', 'configmap', 'news', '-n', namespace)
    const received = await eventually('the event has come', async () => {
      const pods = await podsOfService('heard', namespace)
      if (pods.length === 0) return undefined
      const recording = await ask('heard', namespace)
      return recording.received.length > 0 ? recording.received : undefined
    })
    expect(received).toEqual([
      { type: 'dev.knative.apiserver.resource.add', subject: `/apis/v1/namespaces/${namespace}/configmaps/news` },
    ])
  })

  test("scales a Deployment from zero to one and back by KEDA's clock", async () => {
    const namespace = 'cron'
    const minute = new Date(Date.now() + 70_000).getUTCMinutes() // the next, or the one after it when that is near
    await apply(aRestrictedNamespace(namespace), ...aSleeperAwakeIn(namespace, minute, image))
    const replicas = (wanted: number) =>
      eventually(
        `there are ${wanted} Pods`,
        async () => ((await podsOf(namespace, 'app=sleeper')).length === wanted ? true : undefined),
        200,
      )
    await replicas(0)
    await replicas(1)
    await replicas(0)
  })
})

describe('a service of the platform that is restarted', () => {
  test('is ready again, and Pods have run on', async () => {
    const before = await podsOf('knative-serving', 'app')
    await platform.restart('kube-apiserver', 'SIGKILL')
    await platform.restart('kubelet', 'SIGKILL')
    await platform.restart('containerd', 'SIGTERM')
    const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name).sort()
    expect(names(await podsOf('knative-serving', 'app'))).toEqual(names(before))
    const requests = platform.audit().filter(({ user }) => user.username === `system:node:${NODE_NAME}`)
    expect(requests.length).toBeGreaterThan(10)
  })
})

function aSourceOfConfigMaps(namespace: string): readonly Manifest[] {
  const rbac = 'rbac.authorization.k8s.io'
  const metadata = { name: 'source', namespace }
  const toBroker = { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name: 'default', namespace }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'source' },
      subjects: [{ kind: 'ServiceAccount', name: 'source', namespace }],
    },
    {
      apiVersion: 'sources.knative.dev/v1',
      kind: 'ApiServerSource',
      metadata,
      spec: {
        serviceAccountName: 'source',
        mode: 'Resource',
        resources: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
        sink: { ref: toBroker },
      },
    },
    { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', metadata: { name: 'default', namespace } },
    {
      apiVersion: 'eventing.knative.dev/v1',
      kind: 'Trigger',
      metadata: { name: 'heard', namespace },
      spec: {
        broker: 'default',
        filter: { attributes: { name: 'news' } },
        subscriber: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'heard' } },
      },
    },
  ]
}

function aSleeperAwakeIn(namespace: string, minute: number, { reference }: Image): readonly Manifest[] {
  const labels = { app: 'sleeper' }
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'sleeper', namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: 'main',
                image: reference,
                args: ['-e', 'setTimeout(() => {}, 1e9)'],
                securityContext: restricted,
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'sleeper', namespace },
      spec: {
        scaleTargetRef: { name: 'sleeper' },
        pollingInterval: 5,
        cooldownPeriod: 5,
        minReplicaCount: 0,
        maxReplicaCount: 1,
        triggers: [
          {
            type: 'cron',
            metadata: {
              timezone: 'Etc/UTC',
              start: `${minute} * * * *`,
              end: `${(minute + 1) % 60} * * * *`,
              desiredReplicas: '1',
            },
          },
        ],
      },
    },
  ]
}
