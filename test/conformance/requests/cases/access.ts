import { aCase, apply, del, get, given, merge, post, put, type Step, watch } from '../case.ts'
import { clusterRole, clusterRoleBinding, cm, role, roleBinding, widget } from '../fixtures.ts'

type Rule = Readonly<Record<string, readonly string[]>>

const user = '$ns-user'
const RBAC = 'rbac.authorization.k8s.io'
/** With the token of step 0, at the edge. */
const asDefault = { authorization: 'Bearer $0.status.token' }
const subject = { kind: 'User', name: user, apiGroup: RBAC }

/** `user` may do this in the case's namespace. */
const allowed = (rules: readonly Rule[], subjects: readonly object[] = [subject]): readonly Step[] =>
  given(
    post('roles', role('r', { rules })),
    post('rolebindings', roleBinding('b', { roleRef: { apiGroup: RBAC, kind: 'Role', name: 'r' }, subjects })),
  )
const allowedEverywhere = (rules: readonly Rule[], subjects: readonly object[] = [subject]): readonly Step[] =>
  given(
    post('clusterroles', clusterRole('$ns-r', { rules })),
    post(
      'clusterrolebindings',
      clusterRoleBinding('$ns-b', { roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: '$ns-r' }, subjects }),
    ),
  )
const settled: Step = { ...get('cm', { as: 'warm-up' }), quiet: true, wait: 0.4 }
const as = { as: user }
const rule = (verbs: string, resources: string, more: Rule = {}): Rule => ({
  apiGroups: ['', 'conformance.test'],
  resources: resources.split(' '),
  verbs: verbs.split(' '),
  ...more,
})
const review = (attributes: object, who: object = { user }): Step =>
  post('reviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { ...who, ...attributes },
  })
const may = (verb: string, resource: string, more: object = {}): object => ({
  resourceAttributes: { verb, resource, namespace: '$ns', ...more },
})

export const accessCases = [
  aCase(
    'nothing is allowed to nobody',
    [
      get('cm', as),
      get('cm/a', as),
      post('cm', cm('a'), as),
      put('cm/a', cm('a'), as),
      merge('cm/a', {}, as),
      del('cm/a', undefined, as),
      del('cm', undefined, as),
      watch('cm', as),
      get('/api/v1/configmaps', as),
      get('ns', as),
      get('ns/$ns', as),
      get('widgets/a/status', as),
      put('widgets/a/status', widget('a'), as),
      get('planets', as),
    ],
    'tests pass where permissions are missing',
  ),
  aCase('403 comes before 404', [
    get('/apis/nope.io/v1/namespaces/$ns/nopes', as),
    get('/api/v1/nopes', as),
    get('/api/v1/namespaces/none/configmaps', as),
    post('cm', {}, as),
    get('/nope', as),
    merge('cm/a', {}, { ...as, type: 'text/plain' }),
    get('cm', { ...as, accept: 'text/html' }),
  ]),
  aCase('a role allows verbs one by one', [
    allowed([rule('get create', 'configmaps')]),
    settled,
    post('cm', cm('a'), as),
    get('cm/a', as),
    get('cm', as),
    merge('cm/a', {}, as),
    put('cm/a', cm('a'), as),
    del('cm/a', undefined, as),
  ]),
  aCase('a role of another group allows nothing', [
    allowed([{ apiGroups: ['apps'], resources: ['configmaps'], verbs: ['get'] }]),
    settled,
    get('cm/a', as),
  ]),
  aCase('stars in a role', [
    allowed([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]),
    settled,
    post('cm', cm('a'), as),
    get('widgets', as),
    get('ns', as),
    get('/api/v1/configmaps', as),
  ]),
  aCase('resourceNames', [
    allowed([rule('get list watch update delete create', 'configmaps', { resourceNames: ['a'] })]),
    settled,
    given(post('cm', cm('a'))),
    get('cm/a', as),
    get('cm/b', as),
    get('cm', as),
    get('cm?fieldSelector=metadata.name%3Da', as),
    get('cm?fieldSelector=metadata.name%3Db', as),
    get('cm?fieldSelector=metadata.name!%3Da', as),
    post('cm', cm('a'), as),
    watch('cm?fieldSelector=metadata.name%3Da', as),
    del('cm/a', undefined, as),
  ]),
  aCase('subresources are resources of their own', [
    given(post('widgets', widget('a'))),
    allowed([rule('get update patch', 'widgets/status')]),
    settled,
    get('widgets/a/status', as),
    merge('widgets/a/status', { status: { phase: 'X' } }, as),
    get('widgets/a', as),
    merge('widgets/a', {}, as),
  ]),
  aCase('a resource does not include its subresources', [
    given(post('widgets', widget('a'))),
    allowed([rule('get update patch', 'widgets')]),
    settled,
    merge('widgets/a', { spec: { size: 1 } }, as),
    merge('widgets/a/status', { status: { phase: 'X' } }, as),
  ]),
  aCase('all subresources of one name', [
    given(post('widgets', widget('a'))),
    allowed([rule('get', '*/status')]),
    settled,
    get('widgets/a/status', as),
    get('widgets/a', as),
  ]),
  aCase('apply of a new object needs create', [
    allowed([rule('patch', 'configmaps')]),
    settled,
    apply('cm/a?fieldManager=m', cm('a'), as),
    get('cm/a'),
    given(post('cm', cm('b'))),
    apply('cm/b?fieldManager=m', cm('b', { data: { k: 'v' } }), as),
  ]),
  aCase('PUT of a new object needs create', [
    allowed([{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['update'] }]),
    settled,
    put('leases/a', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' } }, as),
    get('leases/a'),
  ]),
  aCase('groups', [
    allowed([rule('list', 'configmaps')], [{ kind: 'Group', name: '$ns-group', apiGroup: RBAC }]),
    settled,
    get('cm', { as: `${user},$ns-group` }),
    get('cm', { as: `${user},other` }),
  ]),
  aCase('a ServiceAccount', [
    allowed([rule('list', 'configmaps')], [{ kind: 'ServiceAccount', name: 'default', namespace: '$ns' }]),
    settled,
    get('cm', { as: 'system:serviceaccount:$ns:default,system:serviceaccounts,system:serviceaccounts:$ns' }),
    get('cm', { as: 'system:serviceaccount:$ns:other,system:serviceaccounts,system:serviceaccounts:$ns' }),
  ]),
  aCase('a ClusterRole bound in a namespace', [
    given(
      post('clusterroles', clusterRole('$ns-r', { rules: [rule('list', 'configmaps'), rule('list', 'namespaces')] })),
      post(
        'rolebindings',
        roleBinding('b', { roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: '$ns-r' }, subjects: [subject] }),
      ),
    ),
    settled,
    get('cm', as),
    get('/api/v1/configmaps', as),
    get('ns', as),
  ]),
  aCase('a ClusterRole bound everywhere', [
    allowedEverywhere([rule('list get', 'configmaps planets')]),
    settled,
    get('/api/v1/configmaps?labelSelector=none', as),
    get('cm', as),
    get('planets/none', as),
  ]),
  aCase('paths that are no resources', [
    allowedEverywhere([{ nonResourceURLs: ['/metrics/*', '/exact'], verbs: ['get'] }]),
    settled,
    get('/exact', as),
    get('/exact/x', as),
    get('/metrics', as),
    get('/healthz', as),
    get('/version', as),
    get('/api', { ...as, accept: 'text/html' }),
  ]),
  aCase('paths that are no resources, reviewed', [
    allowedEverywhere([{ nonResourceURLs: ['/metrics/*'], verbs: ['get'] }]),
    settled,
    review({ nonResourceAttributes: { path: '/metrics/x', verb: 'get' } }),
    review({ nonResourceAttributes: { path: '/metrics', verb: 'get' } }),
    review({ nonResourceAttributes: { path: '/metrics/x', verb: 'post' } }),
  ]),
  aCase('SubjectAccessReviews', [
    allowed([rule('get', 'configmaps', { resourceNames: ['a'] }), rule('update', 'widgets/status')]),
    settled,
    review(may('get', 'configmaps', { name: 'a' })),
    review(may('get', 'configmaps', { name: 'b' })),
    review(may('get', 'configmaps')),
    review(may('update', 'widgets', { group: 'conformance.test', subresource: 'status' })),
    review(may('update', 'widgets', { group: 'conformance.test' })),
    review(may('get', 'configmaps', { name: 'a', namespace: 'default' })),
    review(may('get', 'configmaps', { name: 'a' }), { user: 'other' }),
    review(may('get', 'configmaps', { name: 'a' }), { user: 'other', groups: ['system:masters'] }),
    review(may('*', '*', { group: '*' }), { groups: ['system:masters'] }),
  ]),
  aCase('SubjectAccessReviews that are none', [
    review({}),
    review(may('get', 'configmaps'), {}),
    review({ ...may('get', 'configmaps'), nonResourceAttributes: { path: '/', verb: 'get' } }),
    post('reviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' }),
    post('reviews', {}),
    post('reviews', cm('a')),
  ]),
  aCase('SelfSubjectAccessReviews', [
    allowed([rule('get', 'configmaps')]),
    settled,
    ...[{}, as].map((more) =>
      post(
        'selfreviews',
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: may('get', 'configmaps') },
        more,
      ),
    ),
    post(
      'selfreviews',
      { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: may('delete', 'configmaps') },
      as,
    ),
    post('selfreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {} }, as),
  ]),
  aCase('LocalSubjectAccessReviews', [
    allowed([rule('get', 'configmaps')]),
    settled,
    post('/apis/authorization.k8s.io/v1/namespaces/$ns/localsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      metadata: { namespace: '$ns' },
      spec: { user, ...may('get', 'configmaps') },
    }),
    post('/apis/authorization.k8s.io/v1/namespaces/$ns/localsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      metadata: { namespace: '$ns' },
      spec: { user, resourceAttributes: { verb: 'get', resource: 'configmaps', namespace: 'other' } },
    }),
  ]),
  aCase('reviews by those who may not', [
    post(
      'reviews',
      { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, ...may('get', 'pods') } },
      as,
    ),
  ]),
  aCase('who am I', [
    post(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      { as: `${user},g` },
    ),
  ]),
  aCase('impersonation', [
    get('cm', { headers: { 'impersonate-user': 'somebody' }, raw: '' }),
    get('cm', { headers: { 'impersonate-user': 'somebody', 'impersonate-group': 'system:masters' }, raw: '' }),
    get('cm', { headers: { 'impersonate-group': 'g' }, raw: '' }),
    get('cm', { headers: { 'impersonate-user': 'system:serviceaccount:$ns:default' }, raw: '' }),
  ]),
  aCase('a binding to no role', [
    post(
      'rolebindings',
      roleBinding('b', { roleRef: { apiGroup: RBAC, kind: 'Role', name: 'none' }, subjects: [subject] }),
    ),
    settled,
    get('cm', as),
  ]),
  aCase('the role of a binding does not change', [
    allowed([rule('get', 'configmaps')]),
    merge('rolebindings/b', { roleRef: { name: 'other' } }),
    merge('rolebindings/b', { subjects: [] }),
  ]),
  aCase('roles and bindings that are none', [
    post('roles', role('r', { rules: [{ apiGroups: [''], resources: ['pods'] }] })),
    post('roles', role('r', { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] })),
    post('roles', role('r', { rules: [{ verbs: ['get'] }] })),
    post('rolebindings', roleBinding('b', { subjects: [subject] })),
    post('rolebindings', roleBinding('b', { roleRef: { apiGroup: RBAC, kind: 'Nope', name: 'x' } })),
    post(
      'rolebindings',
      roleBinding('b', { roleRef: { apiGroup: RBAC, kind: 'Role', name: 'x' }, subjects: [{ kind: 'User' }] }),
    ),
    post('roles', role('a/b')),
  ]),
  aCase('a permission that is taken away', [
    allowed([rule('list', 'configmaps')]),
    settled,
    get('cm', as),
    given(del('rolebindings/b')),
    { ...settled },
    get('cm', as),
  ]),
  aCase('a token', [
    given(post('sa', { metadata: { name: 'a' } })),
    post('sa/a/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    }),
    post('sa/a/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['x', 'y'] },
    }),
    post('sa/a/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 5 },
    }),
    post('sa/a/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' }),
    post('sa/a/token', {}),
    post('sa/none/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' }),
    get('sa/a/token'),
    put('sa/a/token', {}),
    post('sa/a/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' }, as),
  ]),
  aCase('tokens that are nobody’s', [
    ...['Bearer nobody', 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA', 'Bearer a.b.c'].map((authorization) =>
      get('cm', { headers: { authorization } }),
    ),
    get('/version', { headers: { authorization: 'Bearer nobody' } }),
    post('cm', cm('a'), { headers: { authorization: 'Bearer nobody' } }),
  ]),
  aCase('a ServiceAccount that may not impersonate', [
    given(post('sa/default/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })),
    get('cm', { headers: asDefault }),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'bob' } }),
    get('cm/a', { headers: { ...asDefault, 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' } }),
    get('/version', { headers: { ...asDefault, 'impersonate-user': 'bob' } }),
    get('/nope', { headers: { ...asDefault, 'impersonate-user': 'bob' } }),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'system:serviceaccount:$ns:other' } }),
    post('cm', cm('a'), { headers: { ...asDefault, 'impersonate-user': 'bob' } }),
    get('cm', { headers: { ...asDefault, 'impersonate-group': 'g' } }),
  ]),
  aCase('a ServiceAccount that may impersonate one user', [
    given(
      post('sa/default/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
      post(
        'clusterroles',
        clusterRole('$ns-imp', {
          rules: [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['bob'] }],
        }),
      ),
      post(
        'clusterrolebindings',
        clusterRoleBinding('$ns-imp', {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: '$ns-imp' },
          subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: '$ns' }],
        }),
      ),
    ),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'bob' }, wait: 1 }),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'eve' } }),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' } }),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'bob', 'impersonate-uid': 'x' } }),
    get('cm', { headers: { ...asDefault, 'impersonate-user': 'bob', 'impersonate-extra-x': 'y' } }),
  ]),
]
