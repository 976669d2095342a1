import { describe, expect, test } from 'vitest'
import { aFoo, aServer, configMaps, crds, fooCrd, foos } from './test-server.ts'

// The expected answers are those of kube-apiserver 1.36.3.

const withFoos = () => {
  const server = aServer()
  server.call('POST', crds, fooCrd)
  return server
}
const eve = { name: 'system:serviceaccount:default:sa', groups: ['system:serviceaccounts', 'system:authenticated'] }

describe('a create', () => {
  test('is refused twice, and without a namespace', () => {
    const { call } = aServer()
    expect(call('POST', configMaps, { metadata: { name: 'a' } }).status).toBe(201)
    expect(call('POST', configMaps, { metadata: { name: 'a' } }).body).toMatchObject({
      message: 'configmaps "a" already exists',
      reason: 'AlreadyExists',
      details: { name: 'a', kind: 'configmaps' },
    })
    expect(call('POST', '/api/v1/namespaces/nope/configmaps', { metadata: { name: 'a' } }).body.message).toBe(
      'namespaces "nope" not found',
    )
  })
  test('names what is wrong with a name', () => {
    const { call } = aServer()
    const { status, body } = call('POST', configMaps, {})
    expect([status, body.message]).toEqual([
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ])
    expect(call('POST', '/api/v1/namespaces', { metadata: { name: 't.1' } }).body.message).toContain(
      'must not contain dots',
    )
  })
  test('does not take a status where there is a subresource', () => {
    const { call } = withFoos()
    const { body } = call('POST', foos, aFoo('a', { spec: { a: '1' }, status: { b: 'z' } }))
    expect(body.metadata.generation).toBe(1)
    expect('status' in body).toBe(false)
  })
  test('warns of unknown fields, or refuses them', () => {
    const { call } = withFoos()
    const body = aFoo('u', { zz: 1, spec: { q: 1 } })
    expect(call('POST', foos, body).headers['warning']).toBe(
      '299 - "unknown field \\"spec.q\\"", 299 - "unknown field \\"zz\\""',
    )
    expect(call('POST', `${foos}?fieldValidation=Strict`, body).body.message).toBe(
      'Foo in version "v1" cannot be handled as a Foo: strict decoding error: unknown field "spec.q", unknown field "zz"',
    )
  })
  test('of a dry run leaves nothing', () => {
    const { call } = aServer()
    const { status, body } = call('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'dry' } })
    expect([status, body.metadata.resourceVersion]).toEqual([201, undefined])
    expect(call('GET', `${configMaps}/dry`).status).toBe(404)
  })
})

describe('an update', () => {
  test('that changes nothing keeps the revision and says nothing to a watch', () => {
    const { call, merge, watch } = withFoos()
    const { body } = call('POST', foos, aFoo('a', { spec: { a: '1' } }))
    const events = watch(`${foos}?watch=1&resourceVersion=${body.metadata.resourceVersion}`)
    expect(call('PUT', `${foos}/a`, body).body.metadata.resourceVersion).toBe(body.metadata.resourceVersion)
    expect(merge(`${foos}/a`, { metadata: { generation: 77 } }).body.metadata).toMatchObject({ generation: 1 })
    expect(events).toEqual([])
  })
  test.each(['', '/status'])('of a stale object is a conflict: %s', (path) => {
    const { call, merge } = withFoos()
    const { body } = call('POST', foos, aFoo('a', { spec: { a: '1' } }))
    merge(`${foos}/a`, { spec: { a: '2' } })
    const { status, body: answer } = call('PUT', `${foos}/a${path}`, { ...body, status: { b: 'x' } })
    expect(status).toBe(409)
    expect(answer.message).toBe(
      'Operation cannot be fulfilled on foos.x.io "a": the object has been modified; please apply your changes to the latest version and try again',
    )
  })
  test('of a custom object needs a resourceVersion', () => {
    const { call } = withFoos()
    call('POST', foos, aFoo('a'))
    expect(call('PUT', `${foos}/a`, aFoo('a')).body).toMatchObject({
      message: 'foos.x.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      details: { name: 'a', group: 'x.io', kind: 'foos' },
    })
  })
  test('keeps spec and status apart, both ways', () => {
    const { call } = withFoos()
    const { body } = call('POST', foos, aFoo('a', { spec: { a: '1' } }))
    const first = call('PUT', `${foos}/a/status`, {
      ...body,
      spec: { a: 'NO' },
      metadata: { ...body.metadata, labels: { l: '1' } },
      status: { b: 'yes' },
    }).body
    expect(first).toMatchObject({ spec: { a: '1' }, status: { b: 'yes' }, metadata: { generation: 1 } })
    expect(first.metadata.labels).toBeUndefined()
    const second = call('PUT', `${foos}/a`, { ...first, spec: { a: '2' }, status: { b: 'NO' } }).body
    expect(second).toMatchObject({ spec: { a: '2' }, status: { b: 'yes' }, metadata: { generation: 2 } })
  })
  test('of a Pod may not move it', () => {
    const { call, merge } = aServer()
    const pods = '/api/v1/namespaces/default/pods'
    call('POST', pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
    expect(merge(`${pods}/p`, { spec: { nodeName: 'n' } }).status).toBe(422)
    expect(merge(`${pods}/p`, { spec: { priority: 7 } }).status).toBe(422)
    expect(merge(`${pods}/p`, { status: { phase: 'Failed' } }).body).toMatchObject({ status: { phase: 'Pending' } })
  })
})

describe('a delete', () => {
  test('waits for finalizers; who takes the last sees the old revision, a watch the stored object', () => {
    const { call, merge, watch } = withFoos()
    call('POST', foos, aFoo('fin', {}, { finalizers: ['a.b/c'] }))
    const { body } = call('DELETE', `${foos}/fin`)
    expect(body.metadata).toMatchObject({
      generation: 2,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
    })
    expect(merge(`${foos}/fin`, { metadata: { finalizers: ['a.b/c', 'x.y/z'] } }).body.message).toContain(
      'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.y/z"}',
    )
    const events = watch(`${foos}?watch=1&resourceVersion=${body.metadata.resourceVersion}`)
    const last = merge(`${foos}/fin`, { metadata: { finalizers: null } }).body
    expect(last.metadata.resourceVersion).toBe(body.metadata.resourceVersion)
    expect(call('GET', `${foos}/fin`).status).toBe(404)
    expect(events).toMatchObject([{ type: 'DELETED', object: { metadata: { finalizers: ['a.b/c'] } } }])
  })
  test('keeps to its preconditions', () => {
    const { call } = aServer()
    call('POST', configMaps, { metadata: { name: 'g' } })
    expect(call('DELETE', `${configMaps}/g`, { preconditions: { uid: 'x' } }).body.message).toContain(
      'the UID in the precondition (x) does not match',
    )
    expect(call('DELETE', `${configMaps}/g`, { preconditions: { resourceVersion: '1' } }).status).toBe(409)
    expect(call('DELETE', `${configMaps}/g`).body).toMatchObject({
      status: 'Success',
      details: { name: 'g', kind: 'configmaps' },
    })
  })
  test('of a Job orphans its Pods, with a warning', () => {
    const { call } = aServer()
    const jobs = '/apis/batch/v1/namespaces/default/jobs'
    call('POST', jobs, {
      metadata: { name: 'j' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
    })
    const { headers, body } = call('DELETE', `${jobs}/j`)
    expect(headers['warning']).toContain('child pods are preserved by default')
    expect(body.metadata.finalizers).toEqual(['orphan'])
  })
  test('of a CRD takes its objects along', () => {
    const { call } = withFoos()
    call('POST', foos, aFoo('a'))
    call('DELETE', `${crds}/foos.x.io`)
    expect(call('GET', `${crds}/foos.x.io`).status).toBe(404)
    expect(call('GET', foos)).toMatchObject({ status: 404, body: '404 page not found\n' })
  })
})

describe('a watch', () => {
  test('sees an object leave its selector as it was before', () => {
    const { call, merge, watch } = withFoos()
    call('POST', foos, aFoo('a', { spec: { a: '1' } }))
    const events = watch(`${foos}?watch=1&fieldSelector=spec.a=1`)
    const { body } = merge(`${foos}/a`, { spec: { a: '2' } })
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
    expect(events[1]?.object).toMatchObject({
      spec: { a: '1' },
      metadata: { resourceVersion: body.metadata.resourceVersion },
    })
  })
  test('from what is forgotten ends with a 410', () => {
    const { api, call, watch } = aServer()
    call('POST', configMaps, { metadata: { name: 'a' } })
    api.store.compact()
    expect(watch(`${configMaps}?watch=1&resourceVersion=1`)).toMatchObject([
      { type: 'ERROR', object: { code: 410, reason: 'Expired' } },
    ])
  })
  test('marks the end of the initial events', () => {
    const { watch } = withFoos()
    const events = watch(
      `${foos}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    )
    expect(events).toMatchObject([
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ])
  })
})

describe('a list', () => {
  test('goes on page by page at its revision until that is forgotten', () => {
    const { api, call } = aServer()
    for (const name of ['a', 'b', 'c']) call('POST', configMaps, { metadata: { name } })
    const first = call('GET', `${configMaps}?limit=1`).body
    const token = (first.metadata as { continue?: string }).continue ?? ''
    call('DELETE', `${configMaps}/b`)
    const rest = call('GET', `${configMaps}?limit=5&continue=${token}`).body
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(['b', 'c'])
    api.store.compact()
    expect(call('GET', `${configMaps}?limit=5&continue=${token}`).status).toBe(410)
  })
  test.each([
    ['a in (x,y)', ['a']],
    ['a notin (x)', ['b', 'c']],
    ['!a', ['c']],
    ['a', ['a', 'b']],
    ['a!=x,b', ['c']],
  ])('selects by label: %s', (selector, names) => {
    const { call } = aServer()
    call('POST', configMaps, { metadata: { name: 'a', labels: { a: 'x' } } })
    call('POST', configMaps, { metadata: { name: 'b', labels: { a: 'z' } } })
    call('POST', configMaps, { metadata: { name: 'c', labels: { b: '1' } } })
    const { body } = call('GET', `${configMaps}?labelSelector=${encodeURIComponent(selector)}`)
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(names)
  })
  test.each([
    ['labelSelector=a+in+(b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['labelSelector=!!', "unable to parse requirement: found '!', expected: identifier"],
    ['fieldSelector=foo=bar', '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ['fieldSelector=a', "invalid selector: 'a'; can't understand 'a'"],
    ['limit=abc', 'strconv.ParseInt: parsing "abc": invalid syntax'],
    [
      'continue=abc',
      "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
    ],
  ])('is refused for %s', (query, message) => {
    expect(aServer().call('GET', `${configMaps}?${query}`)).toMatchObject({ status: 400, body: { message } })
  })
})

describe('RBAC', () => {
  test.each([
    [
      '/api/v1/namespaces/default/pods/x/log',
      'pods "x" is forbidden: User "system:serviceaccount:default:sa" cannot get resource "pods/log" in API group "" in the namespace "default"',
    ],
    [
      '/apis/nope.io/v1/namespaces/default/foos',
      'foos.nope.io is forbidden: User "system:serviceaccount:default:sa" cannot list resource "foos" in API group "nope.io" in the namespace "default"',
    ],
    [
      '/api/v1/nodes',
      'nodes is forbidden: User "system:serviceaccount:default:sa" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    ['/foo', 'forbidden: User "system:serviceaccount:default:sa" cannot get path "/foo"'],
  ])('refuses %s before it says whether that exists', (path, message) => {
    expect(aServer().call('GET', path, undefined, { user: eve })).toMatchObject({ status: 403, body: { message } })
  })
  test('lets resourceNames list by a metadata.name selector alone', () => {
    const { call } = aServer()
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    const rules = [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get', 'list', 'create'] },
    ]
    call('POST', `${rbac}/roles`, { metadata: { name: 'r' }, rules })
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }
    call('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'r' },
      roleRef,
      subjects: [{ kind: 'ServiceAccount', name: 'sa', namespace: 'default' }],
    })
    expect(call('GET', `${configMaps}?fieldSelector=metadata.name=a`, undefined, { user: eve }).status).toBe(200)
    expect(call('GET', configMaps, undefined, { user: eve }).status).toBe(403)
    expect(call('POST', configMaps, { metadata: { name: 'a' } }, { user: eve }).status).toBe(403)
    const spec = { resourceAttributes: { verb: 'get', resource: 'configmaps', namespace: 'default', name: 'a' } }
    expect(
      call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec }, { user: eve }).body,
    ).toMatchObject({
      status: {
        allowed: true,
        reason: 'RBAC: allowed by RoleBinding "r/default" of Role "r" to ServiceAccount "sa/default"',
      },
    })
  })
})

test.each([
  ['GET', '/foo', 404, undefined],
  ['GET', '/apis/x.y/v1/foo', 404, undefined],
  ['GET', '/api/v1/nope', 404, 'the server could not find the requested resource'],
  ['PUT', configMaps, 405, 'the server does not allow this method on the requested resource'],
  ['GET', '/api/v1/endpoints', 501, 'the embedded control plane does not implement the resource endpoints'],
  ['GET', '/openapi/v2', 501, 'the embedded control plane does not implement /openapi/v2'],
] as const)('%s %s is answered %i', (method, path, status, message) => {
  const answer = aServer().call(method, path, {})
  expect(answer.status).toBe(status)
  expect(answer.body.message).toBe(message)
})

test('a Deployment is scaled through its subresource', () => {
  const { call } = aServer()
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  call('POST', deployments, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
  const { body } = call('PUT', `${deployments}/d/scale`, { metadata: { name: 'd' }, spec: { replicas: 3 } })
  expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { replicas: 0, selector: 'a=b' } })
  expect(call('GET', `${deployments}/d`).body.metadata.generation).toBe(2)
})

test('server-side apply makes an object, and another manager a conflict', () => {
  const { call } = withFoos()
  const apply = (manager: string, a: string) =>
    call('PATCH', `${foos}/a?fieldManager=${manager}`, aFoo('a', { spec: { a } }), {
      type: 'application/apply-patch+yaml',
    })
  expect(apply('one', '1').status).toBe(201)
  const again = apply('one', '1')
  expect(again.status).toBe(200)
  expect(apply('one', '1').body.metadata.resourceVersion).toBe(again.body.metadata.resourceVersion)
  expect(apply('two', '2')).toMatchObject({ status: 409, body: { reason: 'Conflict' } })
})

test('a CRD is refused with the reason, also when it is changed', () => {
  const { call, merge } = withFoos()
  expect(call('POST', crds, { ...fooCrd, metadata: { name: 'wrong.y.io' } }).body.message).toBe(
    'CustomResourceDefinition.apiextensions.k8s.io "wrong.y.io" is invalid: metadata.name: Invalid value: "wrong.y.io": must be spec.names.plural+"."+spec.group',
  )
  expect(merge(`${crds}/foos.x.io`, { spec: { scope: 'Bla' } }).body.message).toContain(
    'spec.scope: Unsupported value: "Bla"',
  )
})
