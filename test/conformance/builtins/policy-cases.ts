import { changed, changesOf, creations, type Group, pathOf, post, type Step } from './case.ts'
import { aJob } from './job-cases.ts'

type Json = Readonly<Record<string, unknown>>
const apiVersion = 'admissionregistration.k8s.io/v1'
const policies = 'validatingadmissionpolicies'
const bindings = 'validatingadmissionpolicybindings'
const every = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }

const aPolicy = {
  apiVersion,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'p-{ns}' },
  spec: { matchConstraints: { resourceRules: [every] }, validations: [{ expression: 'true' }] },
}
const aBinding = {
  apiVersion,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'b-{ns}' },
  spec: { policyName: 'p-{ns}', validationActions: ['Deny'] },
}
const rule = 'spec.matchConstraints.resourceRules[0]'
const validation = 'spec.validations[0]'

const ofPolicies = creations(policies, aPolicy, [
  [],
  ['spec', undefined],
  ['spec.matchConstraints', undefined],
  ['spec.matchConstraints', {}],
  ['spec.validations', []],
  ['spec.failurePolicy', 'Maybe'],
  ['spec.failurePolicy', 'Ignore', 'spec.matchConstraints.matchPolicy', 'Exact'],
  ['spec.matchConstraints.matchPolicy', 'Some'],
  ['metadata.name', 'A_b'],
  ['metadata.name', 'p.static.k8s.io'],
  [`${rule}.apiGroups`, [], `${rule}.apiVersions`, [], `${rule}.operations`, [], `${rule}.resources`, []],
  [`${rule}.apiGroups`, ['*', 'a'], `${rule}.apiVersions`, ['*', '', 'v1'], `${rule}.operations`, ['*', 'CREATE']],
  [`${rule}.operations`, ['create'], `${rule}.scope`, 'Some'],
  [`${rule}.resources`, ['*/*', 'pods']],
  [`${rule}.resources`, ['pods/*', 'pods/log', '*/log', 'jobs/log', '']],
  [`${rule}.resources`, ['*', 'pods']],
  [`${rule}.resourceNames`, ['a', 'a', 'b/c']],
  ['spec.matchConstraints.excludeResourceRules', [{ ...every, operations: [] }]],
  ['spec.matchConstraints.namespaceSelector', { matchExpressions: [{ key: 'a', operator: 'Is' }] }],
  ['spec.matchConstraints.objectSelector', { matchLabels: { 'a b': 'c' } }],
  [`${validation}.expression`, ' '],
  [`${validation}.expression`, 'object.data.a'],
  [`${validation}.expression`, 'object.metadata.name + "a"'],
  [`${validation}.expression`, '1'],
  [`${validation}.message`, ' ', `${validation}.messageExpression`, ' '],
  [`${validation}.message`, 'a\nb', `${validation}.reason`, 'Odd'],
  [`${validation}.messageExpression`, 'object.metadata.name'],
  [`${validation}.messageExpression`, 'string(object.metadata.name)', `${validation}.reason`, 'Unauthorized'],
  ['spec.matchConditions', [{ name: 'a', expression: 'true' }, { name: 'a', expression: '' }, { expression: 'true' }]],
  ['spec.matchConditions', [{ name: 'a b', expression: 'object.metadata.name' }]],
  ['spec.variables', [{ name: 'a', expression: 'object.metadata.name' }, { name: 'in', expression: ' ' }, {}]],
  ['spec.variables', [{ name: 'a', expression: '1' }], `${validation}.expression`, 'variables.a == 1'],
])

const ofBindings = creations(bindings, aBinding, [
  [],
  ['spec', undefined],
  ['spec.policyName', undefined],
  ['spec.policyName', 'A_b'],
  ['spec.validationActions', undefined],
  ['spec.validationActions', ['Deny', 'Warn', 'Deny', 'Log']],
  ['spec.matchResources', {}],
  ['spec.matchResources', { matchPolicy: 'Some', resourceRules: [{}] }],
  ['metadata.name', 'b.static.k8s.io'],
])

/** A policy for objects labelled `case: <name>`, and its binding. */
const bound = (name: string, spec: Json, binding: Json = {}): readonly Step[] => [
  post(policies, {
    ...aPolicy,
    metadata: { name: `${name}-{ns}` },
    spec: {
      ...spec,
      matchConstraints: {
        resourceRules: [every],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': '{ns}' } },
        objectSelector: { matchLabels: { case: name } },
        ...(spec['matchConstraints'] as Json | undefined),
      },
    },
  }),
  post(bindings, {
    ...aBinding,
    metadata: { name: `${name}-{ns}` },
    spec: { ...aBinding.spec, policyName: `${name}-{ns}`, ...binding },
  }),
]
const says = (expression: string, more: Json = {}): Json => ({ validations: [{ expression, ...more }] })
const labelled = (name: string): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `c-${name}`, labels: { case: name } },
  data: { a: '1' },
})
const tries = (name: string, ...variations: readonly (readonly unknown[])[]): readonly Step[] =>
  creations('configmaps', labelled(name), [[], ...variations])
const on = (
  resources: readonly string[],
  apiGroups: readonly string[],
  operations: readonly string[] = ['*'],
): Json => ({
  matchConstraints: {
    resourceRules: [{ apiGroups, apiVersions: ['*'], operations, resources }],
    objectSelector: {}, // what is asked of a Pod has no labels
  },
})
const request = (method: Step['method'], name: string, path: string, body?: unknown, as?: string): Step => ({
  name,
  method,
  path,
  ...(body !== undefined && { body }),
  ...(as !== undefined && { as }),
})

const failing = {
  message: says('false', { message: ' no way ' }),
  bare: says(' object.metadata.name == "other" '),
  forbidden: says('false', { reason: 'Forbidden' }),
  large: says('false', { reason: 'RequestEntityTooLarge' }),
  words: says('has(object.data.b)', {
    message: 'static',
    messageExpression: '"no b in " + object.metadata.name + " of " + request.namespace',
  }),
  wordless: says('false', { message: 'static', messageExpression: '"a" + object.data.b' }),
  lines: says('false', { message: 'static', messageExpression: '"a\\nb"' }),
  key: says('object.data.b == "x"'),
  overload: says('object.metadata.name > object.data'),
  index: says('object.metadata.finalizers[0] == "a"'),
  nothing: says('oldObject.metadata.name == "x"'),
  absent: says('has(oldObject.metadata) && object.spec.a == 1'),
  ignored: { ...says('object.data.b == "x"'), failurePolicy: 'Ignore' },
  several: {
    validations: [
      { expression: 'true' },
      { expression: 'object.data.b == "x"', message: 'first' },
      { expression: 'false', message: 'second' },
    ],
  },
  variables: {
    variables: [
      { name: 'size', expression: 'size(object.data)' },
      { name: 'twice', expression: 'variables.size * 2' },
      { name: 'broken', expression: 'object.data.b' },
    ],
    ...says('variables.twice < 2 || variables.broken == "x"'),
  },
  choice: {
    variables: [{ name: 'n', expression: 'object.metadata.name' }],
    ...says('!variables.n.endsWith("choice")', { messageExpression: '"not " + variables.n' }),
  },
  forgiven: {
    variables: [{ name: 'broken', expression: 'object.data.b' }],
    ...says('variables.broken == "x" || has(object.data.a)'),
  },
  conditions: { matchConditions: [{ name: 'x', expression: 'has(object.data.b)' }], ...says('false') },
  condition: { matchConditions: [{ name: 'x', expression: 'object.data.b == "x"' }], ...says('false') },
  unsure: {
    failurePolicy: 'Ignore',
    matchConditions: [{ name: 'x', expression: 'object.data.b == "x"' }],
    ...says('false'),
  },
  request: says(
    'request.kind.kind == "ConfigMap" && request.resource.resource == "configmaps" && request.operation == "DELETE" && request.dryRun',
    {
      messageExpression:
        'request.operation + " " + request.name + " " + request.userInfo.username + " " + request.kind.version + " " + request.requestResource.group + string(request.dryRun) + string(has(request.subResource))',
    },
  ),
  namespace: says('false', {
    messageExpression: '"in " + namespaceObject.metadata.name + " " + namespaceObject.status.phase',
  }),
} satisfies Record<string, Json>

const acting: readonly Step[] = [
  ...bound('warn', says('false', { message: 'beware' }), { validationActions: ['Warn', 'Audit'] }),
  ...bound('audit', says('false'), { validationActions: ['Audit'] }),
  ...bound('elsewhere', says('false'), {
    matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } },
  }),
  ...bound('named', says('false'), { matchResources: { resourceRules: [{ ...every, resourceNames: ['c-named'] }] } }),
  ...bound('spared', {
    ...says('false'),
    matchConstraints: { excludeResourceRules: [{ ...every, resourceNames: ['c-spared'] }] },
  }),
  ...bound('cluster', {
    ...says('false'),
    matchConstraints: { resourceRules: [{ ...every, scope: 'Cluster' }] },
  }),
  ...bound('updates', {
    ...says('object.data.a == oldObject.data.a', { message: 'a stays' }),
    matchConstraints: { resourceRules: [{ ...every, operations: ['UPDATE'] }] },
  }),
  ...bound('deletes', {
    ...says('object != null || oldObject.metadata.name == "x"', {
      messageExpression: '"keep " + oldObject.metadata.name + " " + request.operation',
    }),
    matchConstraints: { resourceRules: [{ ...every, operations: ['DELETE'] }] },
  }),
  ...bound('jobs', {
    ...on(['jobs', 'jobs/status'], ['batch']),
    ...says('object.spec.backoffLimit > 6 && request.subResource == ""'),
  }),
  ...bound('spaces', {
    ...on(['namespaces'], ['']),
    matchConstraints: {
      resourceRules: [{ ...every, resources: ['namespaces', 'namespaces/status'], scope: 'Cluster' }],
      namespaceSelector: {},
    },
    ...says('false', {
      messageExpression: 'request.operation + " " + (has(request.namespace) ? request.namespace : "nowhere")',
    }),
  }),
  ...bound('selected', {
    ...on(['namespaces'], ['']),
    matchConstraints: { resourceRules: [{ ...every, resources: ['namespaces'] }] },
    ...says('false', { messageExpression: 'request.operation' }),
  }),
  ...bound('pods', {
    ...on(['pods/eviction', 'pods/binding', 'serviceaccounts/token', 'deployments/scale'], ['', 'apps']),
    ...says('false', {
      messageExpression:
        'object.kind + " " + request.kind.kind + " " + request.resource.resource + "/" + request.subResource',
    }),
  }),
]
const container = { name: 'c', image: 'i' }
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
  },
}

const version = (name: string) => ({
  name,
  served: true,
  storage: name === 'v1',
  subresources: { status: {} },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { count: { type: 'integer' }, share: { type: 'number' } } },
        status: { type: 'object', properties: { ready: { type: 'boolean' } } },
      },
    },
  },
})
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gears.{ns}.io' },
  spec: {
    group: '{ns}.io',
    names: { kind: 'Gear', plural: 'gears' },
    scope: 'Namespaced',
    versions: [version('v1'), version('v2')],
  },
}
const gears = (of: string): string => `apis/{ns}.io/${of}/namespaces/{ns}/gears`
const gear = (name: string, more: Json = {}, of = 'v1'): Json => ({
  apiVersion: `{ns}.io/${of}`,
  kind: 'Gear',
  metadata: { name: `g-${name}`, labels: { case: name } },
  ...more,
})
const aboutGears = (versions: readonly string[], more: Json = {}): Json => ({
  matchConstraints: {
    resourceRules: [
      { apiGroups: ['{ns}.io'], apiVersions: versions, operations: ['*'], resources: ['gears', 'gears/status'] },
    ],
    ...more,
  },
})
const shownVersions =
  'object.apiVersion + " " + request.kind.version + request.requestKind.version + request.resource.version + request.requestResource.version'
const onGears: readonly Step[] = [
  ...bound('equivalent', { ...aboutGears(['v2']), ...says('false', { messageExpression: shownVersions }) }),
  ...bound('exact', { ...aboutGears(['v2'], { matchPolicy: 'Exact' }), ...says('false') }),
  ...bound('numbers', {
    ...aboutGears(['*']),
    ...says('object.spec.share > 0.5 && object.spec.count + 1 == 3 && type(object.spec.share) == double'),
  }),
  ...bound('states', {
    ...aboutGears(['*']),
    ...says('request.operation == "CREATE" || !object.status.ready', { message: 'never ready' }),
  }),
]

export const policyGroups: readonly Group[] = [
  { name: 'policies', steps: [...ofPolicies, ...ofBindings] },
  {
    name: 'policies-changed',
    setup: [post(policies, aPolicy), post(bindings, aBinding)],
    steps: [
      ...changesOf(policies, 'p-{ns}', [
        ['spec.failurePolicy', 'Ignore'],
        ['metadata.labels.a', 'b'],
        ['spec.validations', null],
      ]),
      ...changesOf(bindings, 'b-{ns}', [
        ['spec.validationActions', ['Warn']],
        ['spec.policyName', null],
      ]),
      ...changesOf(
        policies,
        'p-{ns}',
        [
          ['status.observedGeneration', 1],
          ['status.typeChecking', { expressionWarnings: [{}] }],
        ],
        '/status',
      ),
      request('PUT', 'put without a version', pathOf(policies, '/p-{ns}'), aPolicy),
      request('DELETE', 'delete the binding', pathOf(bindings, '/b-{ns}')),
      request('DELETE', 'delete the policy', pathOf(policies, '/p-{ns}')),
    ],
  },
  {
    name: 'policies-denying',
    setup: Object.entries(failing).flatMap(([name, spec]) => bound(name, spec)),
    steps: [
      { ...request('GET', 'wait for the policies', pathOf('configmaps', '/none')), settleMs: 4000 },
      ...Object.keys(failing).flatMap((name) => tries(name)),
      ...tries('conditions', ['data.b', 'x']).slice(1),
      ...tries('words', ['data.b', 'x']).slice(1),
      ...tries('choice', ['metadata.name', undefined, 'metadata.generateName', 'a.']).slice(1),
      ...tries('message', ['metadata.name', undefined, 'metadata.generateName', 'a.']).slice(1),
      ...tries('message', ['metadata.name', 'kube-root-ca.crt'], ['data', { 'a b': '' }]).slice(1),
    ],
  },
  {
    name: 'policies-acting',
    setup: [
      ...['updates', 'deletes', 'deletes2'].map((name) =>
        post('configmaps', {
          ...labelled(name.replace('2', '')),
          metadata: { name, labels: { case: name.replace('2', '') } },
        }),
      ),
      post('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } }),
      post('deployments', deployment),
      post('jobs', changed(aJob, ['metadata.name', 'j', 'spec.suspend', true, 'spec.managedBy', 'x.io/y'])),
      ...acting,
    ],
    steps: [
      { ...request('GET', 'wait for the policies', pathOf('configmaps', '/none')), settleMs: 4000 },
      ...['warn', 'audit', 'elsewhere', 'cluster'].flatMap((name) => tries(name)),
      ...['named', 'spared'].flatMap((name) => tries(name, ['metadata.name', 'another'])),
      ...tries('updates'),
      ...changesOf('configmaps', 'updates', [
        ['data.a', '2'],
        ['data.b', '2'],
        ['metadata.labels.case', 'none', 'data.a', '2'],
      ]),
      request('PUT', 'put updates', pathOf('configmaps', '/updates'), {
        ...labelled('updates'),
        metadata: { name: 'updates', labels: {} },
        data: {},
      }),
      {
        ...request('PATCH', 'apply updates', pathOf('configmaps', '/updates?fieldManager=m&force=true'), {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'updates' },
          data: { a: '3' },
        }),
        type: 'application/apply-patch+yaml',
      },
      request('DELETE', 'delete one', pathOf('configmaps', '/deletes')),
      request('DELETE', 'delete one as a dry run', pathOf('configmaps', '/deletes?dryRun=All')),
      request('DELETE', 'delete all of a label', pathOf('configmaps', '?labelSelector=case%3Ddeletes')),
      request('GET', 'what is left', pathOf('configmaps', '/deletes2')),
      ...creations('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x-{ns}' } }, [
        ['metadata.labels.case', 'spaces'],
        ['metadata.labels', { case: 'selected', 'kubernetes.io/metadata.name': '{ns}' }],
      ]),
      ...changesOf('namespaces', '{ns}', [
        ['metadata.labels.case', 'spaces'],
        ['metadata.labels.case', 'selected'],
      ]),
      request('DELETE', 'delete a namespace', pathOf('namespaces', '/{ns}?dryRun=All')),
      ...creations('jobs', aJob, [[], ['spec.backoffLimit', 7]]),
      ...changesOf('jobs', 'j', [['status.active', 1]], '/status'),
      request('POST', 'evict p', pathOf('pods', '/p/eviction'), {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'p' },
      }),
      request('POST', 'bind p', pathOf('pods', '/p/binding'), {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { kind: 'Node', name: 'n' },
      }),
      request('POST', 'a token', pathOf('serviceaccounts', '/default/token'), { spec: {} }),
      ...changesOf('deployments', 'd', [['spec.replicas', 2]], '/scale'),
    ],
  },
  {
    name: 'policies-custom',
    setup: [
      request('POST', 'define gears', 'apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition),
      ...onGears,
    ],
    steps: [
      { ...request('GET', 'wait for the policies', pathOf('configmaps', '/none')), settleMs: 4000 },
      ...['v1', 'v2'].flatMap((of) =>
        ['equivalent', 'exact'].map((name) =>
          request('POST', `${name} in ${of}`, `${gears(of)}?dryRun=All`, gear(name, {}, of)),
        ),
      ),
      ...[{ share: 0.75, count: 2 }, { share: 1, count: 2 }, { share: 0.75, count: 3 }, { count: 3 }].map((spec) =>
        request('POST', `numbers ${JSON.stringify(spec)}`, `${gears('v1')}?dryRun=All`, gear('numbers', { spec })),
      ),
      request('POST', 'a gear', gears('v1'), gear('states')),
      ...[true, false].map((ready) => ({
        ...request('PATCH', `ready ${ready}`, `${gears('v1')}/g-states/status?dryRun=All`, { status: { ready } }),
        type: 'application/merge-patch+json',
      })),
      request('DELETE', 'delete all', gears('v1')),
    ],
  },
]
