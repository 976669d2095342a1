import { changed, changesOf, creations, type Group, pathOf, post, type Step } from './case.ts'

const group = 'rbac.authorization.k8s.io'
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
const role = { apiVersion: `${group}/v1`, kind: 'Role', metadata: { name: 'r' }, rules }
const clusterRole = { ...role, kind: 'ClusterRole', metadata: { name: 'r-{ns}' } }
const binding = {
  apiVersion: `${group}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'b' },
  roleRef: { apiGroup: group, kind: 'Role', name: 'r' },
  subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: '{ns}' }],
}
const clusterBinding = {
  ...binding,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'b-{ns}' },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'r' },
}
const user = (name: string) => ({ apiGroup: group, kind: 'User', name })
const grant = (name: string, given: object, to: string): readonly Step[] => [
  post('roles', { ...role, metadata: { name }, rules: [given] }),
  post('rolebindings', {
    ...binding,
    metadata: { name },
    roleRef: { ...binding.roleRef, name },
    subjects: [user(to)],
  }),
]
const wants = (as: string, name: string, given: object, kind = role): Step =>
  post(
    kind === role ? 'roles' : 'clusterroles',
    { ...kind, metadata: { name }, rules: [given] },
    { as, name: `${as} makes ${name}` },
  )
const binds = (as: string, name: string, kind = 'Role'): Step =>
  post(
    'rolebindings',
    { ...binding, metadata: { name: `to-${name}` }, roleRef: { apiGroup: group, kind, name } },
    { as, name: `${as} binds ${kind} ${name}` },
  )
const rbac = { apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: ['create', 'update', 'patch', 'get'] }

const review = (as: string, resourceAttributes: object): Step => ({
  name: `may ${as} ${JSON.stringify(resourceAttributes)}`,
  method: 'POST',
  path: 'apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  as,
  body: {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace: '{ns}', ...resourceAttributes } },
  },
})
const token = (name: string, spec: object, account = 'default'): Step => ({
  name: `token ${name}`,
  method: 'POST',
  path: pathOf('serviceaccounts', `/${account}/token`),
  body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
})

export const accessGroups: readonly Group[] = [
  {
    name: 'rbac',
    setup: [post('rolebindings', { ...binding, metadata: { name: 'stay' } })],
    steps: [
      ...creations('roles', role, [
        [],
        ['metadata.name', 'system:A_b'],
        ['metadata.name', 'a/b'],
        ['rules', undefined],
        ['rules', []],
        ['rules[0].verbs', []],
        ['rules[0].apiGroups', []],
        ['rules[0].resources', []],
        ['rules[0]', { nonResourceURLs: ['/a'], verbs: ['get'] }],
        ['rules[0].nonResourceURLs', ['/a']],
        ['rules[0].resourceNames', ['x']],
      ]),
      ...creations('clusterroles', clusterRole, [
        [],
        ['rules[0]', { nonResourceURLs: ['/a'], verbs: ['get'] }],
        ['rules[0].nonResourceURLs', ['/a']],
        ['rules[0]', { nonResourceURLs: ['a*b', 'c'], verbs: [] }],
        ['aggregationRule', { clusterRoleSelectors: [] }],
        ['aggregationRule', { clusterRoleSelectors: [{ matchLabels: { 'a b': 'c' } }] }],
      ]),
      ...creations('rolebindings', binding, [
        [],
        ['roleRef', undefined],
        ['roleRef.kind', 'Odd'],
        ['roleRef.name', ''],
        ['roleRef.name', 'a/b'],
        ['roleRef.apiGroup', 'x.io'],
        ['roleRef.apiGroup', undefined],
        ['subjects', undefined],
        ['subjects', [{ kind: 'Odd', name: 'x' }]],
        ['subjects', [{ kind: 'ServiceAccount', name: 'A_b', namespace: '{ns}' }]],
        ['subjects', [{ kind: 'ServiceAccount', name: 'a' }]],
        ['subjects', [{ kind: 'ServiceAccount', name: '', namespace: 'x', apiGroup: 'y' }]],
        ['subjects', [{ kind: 'User', name: 'x' }]],
        ['subjects', [{ kind: 'User', name: 'x', apiGroup: 'y' }]],
        ['subjects', [{ kind: 'Group', name: 'x', namespace: 'y' }]],
      ]),
      ...creations('clusterrolebindings', clusterBinding, [
        [],
        ['roleRef.kind', 'Role'],
        ['subjects', [{ kind: 'ServiceAccount', name: 'a' }]],
      ]),
      ...changesOf('rolebindings', 'stay', [
        ['roleRef.name', 'other'],
        ['subjects', []],
        ['roleRef', undefined],
      ]),
    ],
  },
  {
    name: 'escalation',
    setup: [
      ...grant('builder', rbac, 'bea'),
      ...grant('pods', { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }, 'bea'),
      ...grant(
        'named',
        { apiGroups: [''], resources: ['secrets'], resourceNames: ['one', 'two'], verbs: ['get'] },
        'bea',
      ),
      ...grant('escalator', { ...rbac, verbs: ['*'] }, 'esther'),
      ...grant('binder', { ...rbac, verbs: ['create'] }, 'bob'),
      ...grant(
        'bind-one',
        { apiGroups: [group], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] },
        'bob',
      ),
      post('roles', {
        ...role,
        metadata: { name: 'secrets' },
        rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
      }),
      post('rolebindings', {
        ...binding,
        metadata: { name: 'to-admin' },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'admin' },
        subjects: [user('ada')],
      }),
      post('rolebindings', {
        ...binding,
        metadata: { name: 'to-edit' },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'edit' },
        subjects: [user('ed')],
      }),
      post('rolebindings', {
        ...binding,
        metadata: { name: 'to-view' },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'view' },
        subjects: [user('vi')],
      }),
    ],
    steps: [
      wants('bea', 'same', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }),
      wants('bea', 'more', { apiGroups: [''], resources: ['pods'], verbs: ['get', 'delete'] }),
      wants('bea', 'others', { apiGroups: ['', 'batch'], resources: ['pods', 'jobs'], verbs: ['get', 'list'] }),
      wants('bea', 'one-name', { apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] }),
      wants('bea', 'three-names', {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['one', 'three'],
        verbs: ['get'],
      }),
      wants('bea', 'any-name', { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }),
      wants('bea', 'star', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }),
      wants('esther', 'star-2', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }),
      wants('eve', 'nothing', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }),
      binds('bea', 'pods'),
      binds('bea', 'secrets'),
      binds('bea', 'nope'),
      binds('bea', 'view', 'ClusterRole'),
      binds('bob', 'view', 'ClusterRole'),
      binds('bob', 'pods'),
      binds('esther', 'secrets'),
      {
        name: 'bea patches builder',
        as: 'bea',
        method: 'PATCH',
        path: pathOf('roles', '/same'),
        type: 'application/merge-patch+json',
        body: { rules: [{ apiGroups: ['*'], resources: ['pods'], verbs: ['*'] }] },
      },
      {
        name: 'bea labels builder',
        as: 'bea',
        method: 'PATCH',
        path: pathOf('roles', '/builder?dryRun=All'),
        type: 'application/merge-patch+json',
        body: { metadata: { labels: { a: 'b' } } },
      },
      ...['ada', 'ed', 'vi', 'eve'].flatMap((as) => [
        review(as, { verb: 'get', resource: 'pods' }),
        review(as, { verb: 'get', resource: 'pods', subresource: 'log' }),
        review(as, { verb: 'create', resource: 'pods', subresource: 'exec' }),
        review(as, { verb: 'delete', resource: 'pods' }),
        review(as, { verb: 'get', resource: 'secrets' }),
        review(as, { verb: 'create', group: 'batch', resource: 'jobs' }),
        review(as, { verb: 'update', group: 'batch', resource: 'jobs', subresource: 'status' }),
        review(as, { verb: 'create', group, resource: 'roles' }),
        review(as, { verb: 'create', resource: 'serviceaccounts', subresource: 'token' }),
        review(as, { verb: 'impersonate', resource: 'serviceaccounts' }),
        review(as, { verb: 'get', resource: 'namespaces' }),
        review(as, { verb: 'create', resource: 'resourcequotas' }),
        review(as, { verb: 'get', resource: 'resourcequotas' }),
        review(as, { verb: 'create', resource: 'pods', subresource: 'eviction' }),
        review(as, { verb: 'list', resource: 'events' }),
        review(as, { verb: 'update', group: 'apps', resource: 'deployments', subresource: 'scale' }),
        review(as, { verb: 'create', group: 'networking.k8s.io', resource: 'ingresses' }),
        review(as, { verb: 'create', group: 'coordination.k8s.io', resource: 'leases' }),
      ]),
    ],
  },
  {
    name: 'token',
    setup: [
      post(
        'pods',
        changed(
          { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
          [],
        ),
      ),
      post('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }),
    ],
    steps: [
      token('plain', {}),
      token('short', { expirationSeconds: 599 }),
      token('long', { expirationSeconds: 4_294_967_297 }),
      token('of two hours', { expirationSeconds: 7200 }),
      token('of nobody', {}, 'nope'),
      token('of an audience', { audiences: ['a', 'b'] }),
      token('of a pod', { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }),
      token('of no pod', { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'nope' } }),
      token('of a pod that is another', { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'x' } }),
      token('of a secret', { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's' } }),
      token('of a node', { boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'n' } }),
      token('of an odd thing', { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'n' } }),
      {
        name: 'token of another kind',
        method: 'POST',
        path: pathOf('serviceaccounts', '/default/token'),
        body: { apiVersion: 'v1', kind: 'Pod' },
      },
      {
        name: 'token for another name',
        method: 'POST',
        path: pathOf('serviceaccounts', '/default/token'),
        body: { metadata: { name: 'x' }, spec: {} },
      },
      {
        name: 'token for another namespace',
        method: 'POST',
        path: pathOf('serviceaccounts', '/default/token'),
        body: { metadata: { namespace: 'x' }, spec: {} },
      },
      { name: 'token without a body', method: 'POST', path: pathOf('serviceaccounts', '/default/token') },
    ],
  },
]
