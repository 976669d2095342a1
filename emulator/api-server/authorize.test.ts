import { expect, test } from 'vitest'
import { authorize } from './authorize.ts'
import { createStore } from './store.ts'

const rbac = 'rbac.authorization.k8s.io'
const user = { name: 'jo', groups: ['system:authenticated'] }
const wanted = { verb: 'get', group: '', resource: 'pods', namespace: 'a', name: 'x' }
const aRole = (verb: string) => ({
  apiVersion: `${rbac}/v1`,
  kind: 'Role',
  metadata: { namespace: 'a', name: 'reader' },
  rules: [{ verbs: [verb], apiGroups: [''], resources: ['pods'] }],
})
const aBinding = {
  apiVersion: `${rbac}/v1`,
  kind: 'RoleBinding',
  metadata: { namespace: 'a', name: 'jo' },
  subjects: [{ kind: 'User', name: 'jo' }],
  roleRef: { kind: 'Role', name: 'reader' },
}

test('a right comes with its binding, changes with its role, goes with its binding, and is of one namespace and user', () => {
  const store = createStore()
  const isAllowed = (who = user, where = 'a') => authorize(store, who, { ...wanted, namespace: where }).isAllowed
  store.put(`roles.${rbac}`, 'a/reader', aRole('get'))
  expect(isAllowed()).toBe(false)
  store.put(`rolebindings.${rbac}`, 'a/jo', aBinding)
  expect([isAllowed(), isAllowed(user, 'b'), isAllowed({ ...user, name: 'al' })]).toEqual([true, false, false])
  store.put(`roles.${rbac}`, 'a/reader', aRole('list'))
  expect(isAllowed()).toBe(false)
  store.put(`roles.${rbac}`, 'a/reader', aRole('get'))
  expect(isAllowed()).toBe(true)
  store.remove(`rolebindings.${rbac}`, 'a/jo', aBinding)
  expect(isAllowed()).toBe(false)
})
