import { describe, expect, test } from 'vitest'
import { aServer, configMaps } from '../test-server.ts'

const root = '/apis/admissionregistration.k8s.io/v1'
const rule = { apiGroups: [''], apiVersions: ['*'], operations: ['*'], resources: ['configmaps', 'nodes'] }
const aPolicy = (spec: object) => ({
  metadata: { name: 'p' },
  spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'false' }], ...spec },
})
const aBinding = (spec: object = {}) => ({
  metadata: { name: 'b' },
  spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
})

const withPolicy = (expression: string, spec: object = {}) => {
  const server = aServer()
  const policy = aPolicy({ validations: [{ expression, message: 'no' }], ...spec })
  expect(server.call('POST', `${root}/validatingadmissionpolicies`, policy).status).toBe(201)
  expect(server.call('POST', `${root}/validatingadmissionpolicybindings`, aBinding()).status).toBe(201)
  const create = (name: string) => server.call('POST', configMaps, { metadata: { name } })
  return { ...server, create }
}

// What agrees with the real server is in test/conformance/builtins/policy-cases.ts.

describe('a policy', () => {
  test.each([
    ['the field spec.paramKind', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }],
    ['the field spec.auditAnnotations', { auditAnnotations: [{ key: 'a', valueExpression: '"b"' }] }],
    ['params', { validations: [{ expression: 'params.a == 1' }] }],
    ['authorizer', { validations: [{ expression: 'authorizer.path("/").check("get").allowed()' }] }],
    ['managedFields', { validations: [{ expression: 'has(object.metadata.managedFields)' }] }],
    ['request.userInfo.options', { validations: [{ expression: 'has(request.userInfo.options)' }] }],
    ['namespaceObject.nope', { validations: [{ expression: 'namespaceObject.?nope.hasValue()' }] }],
    ['request.options', { validations: [{ expression: 'has(request.options)' }] }],
    [
      'namespaceObject in a match condition',
      { matchConditions: [{ name: 'a', expression: 'namespaceObject.metadata.name == "a"' }] },
    ],
    ['variables.later', { variables: [{ name: 'a', expression: 'variables.later' }] }],
  ])('is refused with 501 for %s', (what, spec) => {
    const { status, body } = aServer().call('POST', `${root}/validatingadmissionpolicies`, aPolicy(spec))
    expect([status, body.message]).toEqual([501, expect.stringContaining(what.split('.').at(-1) ?? '')])
  })

  test('says nothing without a binding, and ends with it', () => {
    const { call, create } = withPolicy('false')
    expect(create('a').status).toBe(422)
    call('DELETE', `${root}/validatingadmissionpolicybindings/b`)
    expect(create('a').status).toBe(201)
    call('POST', `${root}/validatingadmissionpolicybindings`, aBinding())
    expect(create('c').status).toBe(422)
  })

  test('holds in its new words as soon as it is changed', () => {
    const { merge, create } = withPolicy('object.metadata.name != "a"')
    expect([create('a').status, create('b').status]).toEqual([422, 201])
    merge(`${root}/validatingadmissionpolicies/p`, { spec: { validations: [{ expression: 'true' }] } })
    expect(create('a').status).toBe(201)
  })

  test('is not asked about policies', () => {
    const any = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }
    const { call, create } = withPolicy('false', { matchConstraints: { resourceRules: [any] } })
    expect(create('a').status).toBe(422)
    expect(call('DELETE', `${root}/validatingadmissionpolicies/p`).status).toBe(200)
  })

  test('that needs the namespace of an object without one is answered 501', () => {
    const { call, create } = withPolicy('namespaceObject.metadata.name == "default"')
    expect(create('a').status).toBe(201)
    expect(call('POST', '/api/v1/nodes', { metadata: { name: 'n' } }).status).toBe(501)
  })

  test('with parameters in its binding is refused with 501', () => {
    const paramRef = { name: 'a', parameterNotFoundAction: 'Deny' }
    const { status, body } = aServer().call('POST', `${root}/validatingadmissionpolicybindings`, aBinding({ paramRef }))
    expect([status, body.message]).toEqual([501, expect.stringContaining('spec.paramRef')])
  })
})

describe('an eviction', () => {
  // As kube-apiserver 1.36.3 was seen to do, to Pods that run, wait or have ended.
  test('leaves on its Pod why it goes, unless it is only tried', () => {
    const { call } = aServer()
    const path = '/api/v1/namespaces/default/pods'
    expect(call('POST', path, { ...pod, metadata: { name: 'p', finalizers: ['example.com/x'] } }).status).toBe(201)
    const disruption = () => {
      const { conditions = [] } = call('GET', `${path}/p`).body['status'] as { conditions?: { type: string }[] }
      return conditions.find(({ type }) => type === 'DisruptionTarget')
    }
    const evict = (deleteOptions?: object) =>
      call('POST', `${path}/p/eviction`, { metadata: { name: 'p' }, deleteOptions })
    expect(evict({ dryRun: ['All'] }).status).toBe(201)
    expect(disruption()).toBeUndefined()
    expect(evict().status).toBe(201)
    expect(disruption()).toMatchObject({
      status: 'True',
      lastProbeTime: null,
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    })
  })

  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i' }] },
  }

  // As rest.ValidateAllObjectFunc has it in the real server's eviction.
  test('is no deletion to a policy', () => {
    const pods = '/api/v1/namespaces/default/pods'
    const deletions = { ...rule, operations: ['DELETE'], resources: ['pods'] }
    const { call } = withPolicy('false', { matchConstraints: { resourceRules: [deletions] } })
    expect(call('POST', pods, pod).status).toBe(201)
    expect(call('DELETE', `${pods}/p`).status).toBe(422)
    expect(call('POST', `${pods}/p/eviction`, { metadata: { name: 'p' } }).status).toBe(201)
    expect(call('GET', `${pods}/p`).status).toBe(404)
  })
})
