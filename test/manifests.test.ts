import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { render } from '#manifests/render.ts'
import { loadFunctions } from '#runtime/functions.ts'
import { defineFunction, settled } from '#sdk/index.ts'

const ROOT = join(import.meta.dirname, '..')
const functions = await loadFunctions()
const files = render(functions)

type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly rules?: readonly { readonly verbs: readonly string[]; readonly resourceNames?: readonly string[] }[]
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: object
    readonly annotations?: object
  }
  readonly spec?: {
    readonly template?: { readonly spec: PodSpec }
    readonly delivery?: object
    readonly filters?: readonly Filter[]
    readonly subscriber?: { readonly ref: { readonly name: string } }
    readonly resources?: readonly { readonly kind: string }[]
  }
}
type PodSpec = {
  readonly serviceAccountName: string
  readonly containers: readonly {
    readonly readinessProbe?: object
    readonly resources: object
    readonly securityContext: object
  }[]
}

const documentsOf = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest)
const manifests = [...files]
  .filter(([path]) => !path.endsWith('kustomization.yaml'))
  .flatMap(([, text]) => documentsOf(text))
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)

const knativeServices = ofKind('Service').filter(({ apiVersion }) => apiVersion.startsWith('serving.knative.dev/'))

const aFunction = (name: string, on: Parameters<typeof defineFunction>[0]['on']) =>
  defineFunction({ name, on, access: [], handle: async () => settled('Done') })

describe('rendered manifests', () => {
  test('are those in the repository: run `npm run render` where they are not', () => {
    for (const [path, text] of files) expect(readFileSync(join(ROOT, path), 'utf8'), path).toBe(text)
    const rendered = globSync('{always-on,components,crds,eventing,functions,keda,roles}/**/*.yaml', { cwd: ROOT })
    expect(rendered.sort()).toEqual([...files.keys(), 'always-on/kustomization.yaml'].sort())
  })

  test('are reached from the root, each, but for what is added by hand', () => {
    const root = parse(readFileSync(join(ROOT, 'kustomization.yaml'), 'utf8')) as { resources: string[] }
    const folders = new Set([...files.keys()].map((path) => path.split('/')[0]))
    expect(root.resources).not.toContain('always-on')
    expect([...root.resources, 'components', 'always-on']).toEqual(expect.arrayContaining([...folders]))
  })

  test('give every function an identity of its own and a host', () => {
    for (const { name, on } of functions) {
      // It has the ServiceAccount of the CronJob that runs it.
      if (on.some((trigger) => 'command' in trigger)) continue
      const isSwept = on.some((trigger) => 'everyMinutes' in trigger)
      const host = ofKind(isSwept ? 'Deployment' : 'Service').find(({ metadata }) => metadata.name === name)
      expect(host?.spec?.template?.spec.serviceAccountName, name).toBe(name)
      expect(ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(name)
    }
  })

  test('let every container pass the restricted Pod Security Standard, without a CPU limit', () => {
    for (const { spec } of [...knativeServices, ...ofKind('Deployment')]) {
      const [container] = spec?.template?.spec.containers ?? []
      expect(container?.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(container?.resources).toEqual({ requests: expect.anything(), limits: { memory: expect.anything() } })
    }
  })

  test('tell functions that make sessions how those run, by a ConfigMap that nobody has to make', () => {
    const hosts = [...knativeServices, ...ofKind('Deployment')]
    for (const { name, mistakesIn } of functions) {
      const pod = hosts.find(({ metadata }) => metadata.name === name)?.spec?.template?.spec as object | undefined
      if (!mistakesIn) {
        expect(pod ?? {}, name).not.toHaveProperty('volumes')
        continue
      }
      expect(pod, name).toMatchObject({
        volumes: [{ name: 'runner-profiles', configMap: { name: 'dormouse-runner-profiles', optional: true } }],
        containers: [
          {
            env: [{ name: 'RUNNER_PROFILES', value: '/etc/dormouse/runner-profiles.yaml' }],
            volumeMounts: [{ name: 'runner-profiles', mountPath: '/etc/dormouse', readOnly: true }],
          },
        ],
      })
    }
    expect(functions.filter(({ mistakesIn }) => mistakesIn)).toHaveLength(4)
  })

  test('probe every Knative Service each second', () => {
    for (const { spec } of knativeServices) {
      expect(spec?.template?.spec.containers[0]?.readinessProbe).toMatchObject({ periodSeconds: 1 })
    }
  })

  test('write every delivery policy out in full, for a Trigger inherits nothing from its Broker', () => {
    const triggers = ofKind('Trigger')
    expect(triggers.length).toBeGreaterThan(1)
    for (const { spec } of triggers) {
      expect(Object.keys(spec?.delivery ?? {}).sort()).toEqual([
        'backoffDelay',
        'backoffPolicy',
        'deadLetterSink',
        'retry',
        'timeout',
      ])
      expect(knativeServices.map(({ metadata }) => metadata.name)).toContain(spec?.subscriber?.ref.name)
    }
  })

  test('watch every kind that a function is woken by, one that is a plural under its singular', () => {
    const watched = ofKind('ApiServerSource').flatMap(
      ({ spec }) => spec?.resources?.map(({ kind }) => kind.replace(/^ProjectSetting$/, 'ProjectSettings')) ?? [],
    )
    const wanted = functions.flatMap(({ on }) =>
      on.flatMap((trigger) => ('changes' in trigger ? trigger.changes.kind : [])),
    )
    expect(watched.sort()).toEqual([...new Set(wanted)].sort())
  })
})

/** What the real adapter sends, as far as a Trigger can see it. */
const seen = {
  AgenticSession: { apiversion: 'vteam.ambient-code/v1alpha1', kind: 'AgenticSession' },
  Job: { apiversion: 'batch/v1', kind: 'Job' },
  Namespace: { apiversion: 'v1', kind: 'Namespace' },
  // The kind of the object, whatever the source calls it: test/conformance/eventing.
  ProjectSettings: { apiversion: 'vteam.ambient-code/v1alpha1', kind: 'ProjectSettings' },
} as const
const changes = ['add', 'update', 'delete'].map((change) => `dev.knative.apiserver.resource.${change}`)

type Filter = { readonly exact?: Readonly<Record<string, string>>; readonly prefix?: Readonly<Record<string, string>> }
const passes = (filters: readonly Filter[], attributes: Readonly<Record<string, string>>) =>
  filters.every(({ exact = {}, prefix = {} }) =>
    [
      ...Object.entries(exact).map(([name, value]) => attributes[name] === value),
      ...Object.entries(prefix).map(([name, value]) => attributes[name]?.startsWith(value)),
    ].every(Boolean),
  )

describe('events', () => {
  const subscribersOf = (attributes: Readonly<Record<string, string>>) =>
    ofKind('Trigger').flatMap(({ spec }) => {
      const { filters = [], subscriber } = spec ?? {}
      return passes(filters, attributes) ? (subscriber?.ref.name ?? []) : []
    })

  test.each(changes)('of type %s reach the function of their kind, and no other', (type) => {
    expect(subscribersOf({ type, ...seen.AgenticSession })).toEqual(['on-session-event'])
    expect(subscribersOf({ type, ...seen.Job })).toEqual(['on-job-event'])
    expect(subscribersOf({ type, ...seen.Namespace })).toEqual(['on-project-event'])
    expect(subscribersOf({ type, ...seen.ProjectSettings })).toEqual(['on-project-event'])
  })

  test('of other sources and kinds reach none', () => {
    expect(subscribersOf({ type: 'dev.dormouse.agenticsession.completed' })).toEqual([])
    expect(subscribersOf({ type: 'dev.knative.sources.ping', ...seen.Job })).toEqual([])
    expect(subscribersOf({ type: changes[0] ?? '', apiversion: 'v1', kind: 'Pod' })).toEqual([])
  })

  test('come whole, of managed namespaces only, those namespaces among them, and of our Jobs only', () => {
    expect(ofKind('ApiServerSource').map(({ spec }) => spec)).toEqual([
      expect.objectContaining({
        mode: 'Resource',
        serviceAccountName: 'source',
        namespaceSelector: { matchLabels: { 'ambient-code.io/managed': 'true' } },
        resources: [
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            selector: { matchLabels: { 'app.kubernetes.io/managed-by': 'dormouse' } },
          },
          {
            apiVersion: 'v1',
            kind: 'Namespace',
            selector: { matchLabels: { 'ambient-code.io/managed': 'true' } },
          },
          { apiVersion: 'vteam.ambient-code/v1alpha1', kind: 'ProjectSetting' },
          { apiVersion: 'vteam.ambient-code/v1alpha1', kind: 'AgenticSession' },
        ],
        sink: { ref: { apiVersion: 'eventing.knative.dev/v1', kind: 'Broker', name: 'dormouse' } },
      }),
    ])
  })

  test('are taken by a Broker that does not wait for its Triggers, and tried again for two minutes', () => {
    const [broker] = ofKind('Broker')
    expect(broker?.metadata.annotations).toMatchObject({ 'messaging.knative.dev/async-handler': 'true' })
    for (const { spec } of [...ofKind('Broker'), ...ofKind('Trigger')]) {
      expect(spec?.delivery).toMatchObject({ retry: 8, backoffPolicy: 'exponential', backoffDelay: 'PT0.5S' })
    }
  })
})

test('functions are reached from inside the cluster only', () => {
  for (const { metadata } of knativeServices) {
    expect(metadata.labels).toMatchObject({ 'networking.knative.dev/visibility': 'cluster-local' })
  }
})

test('the policy that may be added lets Serving and its ingress at our Pods, and nobody else', () => {
  const [{ metadata, spec } = nothing()] = ofKind('NetworkPolicy')
  expect(metadata.namespace).toBe('dormouse')
  expect(spec).toEqual({
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: { matchExpressions: [expect.objectContaining({ operator: 'In' })] } }] }],
  })
  expect(JSON.stringify(spec)).toContain('["knative-serving","kourier-system"]')
  const component = parse(files.get('components/network-policy/kustomization.yaml') ?? '')
  expect(component).toMatchObject({ kind: 'Component', resources: ['network-policy.yaml'] })
})

test('the monitor that may be added finds the Pods of the always-on host by a Service, and the port of their metrics', () => {
  const [service, monitor] = parseAllDocuments(files.get('components/service-monitor/service-monitor.yaml') ?? '').map(
    (document) => document.toJS(),
  )
  const [deployment] = parseAllDocuments(files.get('always-on/operator.yaml') ?? '')
    .map((document) => document.toJS())
    .filter(({ kind }) => kind === 'Deployment')
  const { metadata, spec } = deployment.spec.template
  expect(metadata.labels).toMatchObject(service.spec.selector)
  expect(spec.containers[0].ports).toContainEqual({ name: service.spec.ports[0].targetPort, containerPort: 8080 })
  expect(service.metadata).toMatchObject({ namespace: 'dormouse', labels: monitor.spec.selector.matchLabels })
  expect(monitor.spec.endpoints).toEqual([
    expect.objectContaining({ port: service.spec.ports[0].name, path: '/metrics', honorLabels: true }),
  ])
})

function nothing(): never {
  throw new Error('there is none')
}

test('the sweeper is up for a minute in every five, and ten seconds longer', () => {
  expect(ofKind('ScaledObject').map(({ spec }) => spec)).toEqual([
    {
      scaleTargetRef: { name: 'timeout-sweeper' },
      pollingInterval: 10,
      cooldownPeriod: 10,
      minReplicaCount: 0,
      maxReplicaCount: 1,
      triggers: [
        {
          type: 'cron',
          metadata: { timezone: 'UTC', start: '*/5 * * * *', end: '1-59/5 * * * *', desiredReplicas: '1' },
        },
      ],
    },
  ])
})

test('the functions that make bindings may bind the roles of members, and no others', () => {
  const roles = ofKind('ClusterRole')
  const binders = roles.filter(({ rules }) => rules?.some(({ verbs }) => verbs.includes('bind')))
  expect(binders.map(({ metadata }) => metadata.name).sort()).toEqual([
    'dormouse-on-project-event',
    'dormouse-operator',
    'dormouse-timeout-sweeper',
  ])
  const members = ['ambient-project-admin', 'ambient-project-edit', 'ambient-project-view']
  for (const { rules = [] } of binders) {
    expect(rules.filter(({ verbs }) => verbs.includes('bind')).map(({ resourceNames }) => resourceNames)).toEqual([
      members,
    ])
    expect(rules.flatMap(({ verbs }) => verbs)).not.toContain('escalate')
  }
  expect(roles.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(members))
})

describe('the always-on host', () => {
  const operator = documentsOf(files.get('always-on/operator.yaml') ?? '')
  const kustomization = (path: string) =>
    parse(readFileSync(join(ROOT, path), 'utf8')) as { resources: string[]; images: object[] }

  test('is of the same image as the functions, and installed with their kinds and the roles of members', () => {
    expect(kustomization('always-on/kustomization.yaml').images).toEqual(kustomization('kustomization.yaml').images)
    expect(kustomization('always-on/kustomization.yaml').resources).toEqual(['../crds', '../roles', 'operator.yaml'])
  })

  test('runs twice, elects its leader, and is ready when it says so', () => {
    const deployment = operator.find(({ kind }) => kind === 'Deployment')
    expect(deployment?.spec).toMatchObject({
      replicas: 2,
      template: {
        spec: {
          serviceAccountName: 'operator',
          containers: [
            {
              args: ['always-on/main.cjs', '--leader-elect'],
              readinessProbe: { httpGet: { path: '/readyz', port: 'probes' } },
              livenessProbe: { httpGet: { path: '/healthz', port: 'probes' } },
            },
          ],
        },
      },
    })
  })

  test('needs nothing of Knative or KEDA', () => {
    expect(JSON.stringify(operator)).not.toMatch(/knative|keda/)
  })
})

describe('rendering refuses', () => {
  const gateway = { apiVersion: 'example.com/v1', kind: 'Gateway', plural: 'gateways', scope: 'Namespaced' } as const
  const sink = aFunction('sink', [{ deadLetters: true }])

  test.each([
    ['no sink for dead letters', [aFunction('a', [])], /0 functions are woken by dead letters/],
    ['two sinks', [sink, aFunction('other', [{ deadLetters: true }])], /2 functions are woken by dead letters/],
    [
      'a kind whose plural the source would not guess',
      [sink, aFunction('a', [{ changes: gateway }])],
      /must be "gatewaies"/,
    ],
    ['a clock that strikes never or unevenly', [sink, aFunction('a', [{ everyMinutes: 7 }])], /everyMinutes is 7/],
    [
      'a clock beside another trigger',
      [sink, aFunction('a', [{ everyMinutes: 5 }, { deadLetters: true }])],
      /must be one|nothing else/,
    ],
  ])('%s', (_what, given, message) => {
    expect(() => render(given)).toThrow(message)
  })
})
