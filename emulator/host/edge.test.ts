import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApiServer } from '../api-server/server.ts'
import { clientOf } from '../client.ts'
import { adminUser, type Edge, startEdge } from './edge.ts'
import { realWorld as world } from './real-world.ts'
import { serviceAccountTokens } from './tokens.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const tokens = serviceAccountTokens('secret')
const followers = new Set<unknown>()
const api = createApiServer({
  world,
  signToken: tokens.sign,
  logs: () => ({
    lines: () => [{ at: 0, text: 'first' }],
    onLine: (listener) => {
      followers.add(listener)
      return () => {
        followers.delete(listener)
        world.after(0, () => left())
      }
    },
  }),
})
let left = (): void => {}
let edge: Edge

beforeAll(async () => {
  edge = await startEdge({ api, world, tokens })
})
afterAll(() => edge.close())

type Sent = RequestOptions & { readonly body?: string; readonly token?: string }

/** A token of '' is none. */
async function open(
  path: string,
  { body, token = edge.adminToken, headers, ...others }: Sent = {},
): Promise<IncomingMessage> {
  const asked = request(`${edge.url}${path}`, {
    ca: edge.ca,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
    ...others,
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return answer
}

async function ask(path: string, sent?: Sent) {
  const answer = await open(path, sent)
  return { status: answer.statusCode, text: await text(answer) }
}

test.each(['localhost', 'kubernetes.default.svc', '127.0.0.1'])(
  'its certificate is good for %s',
  async (servername) => {
    const { status } = await ask('/version', servername === '127.0.0.1' ? {} : { servername })
    expect(status).toBe(200)
  },
)

test('takes a token that is nobody’s for 401, and none for somebody unknown', async () => {
  expect(await ask('/version', { token: 'bad' })).toMatchObject({ status: 401 })
  expect(await ask('/healthz', { token: '' })).toEqual({ status: 200, text: 'ok' })
  const refused = await ask(configMaps, { token: '' })
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('User \\"system:anonymous\\" cannot list resource \\"configmaps\\"')
})

test('knows a ServiceAccount by its token, until the account is gone', async () => {
  const admin = clientOf(api, adminUser)
  const accounts = { apiVersion: 'v1', plural: 'serviceaccounts' }
  const ref = { namespace: 'default', name: 'robot' }
  admin.create(accounts, { metadata: { name: 'robot' } }, ref)
  const { status } = admin.createFor(accounts, ref, 'token', {}) as { status: { token: string } }
  const whoami = { method: 'POST', body: '{}', token: status.token }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  expect((await ask(path, whoami)).text).toContain('"username":"system:serviceaccount:default:robot"')
  admin.delete(accounts, ref)
  expect((await ask(path, whoami)).status).toBe(401)
})

test('knows a token that is bound to a Pod, until the Pod is gone', async () => {
  const admin = clientOf(api, adminUser)
  const pods = { apiVersion: 'v1', plural: 'pods' }
  const accounts = { apiVersion: 'v1', plural: 'serviceaccounts' }
  const ref = { namespace: 'default', name: 'bound' }
  admin.create(accounts, { metadata: { name: 'bound' } }, ref)
  admin.create(
    pods,
    { metadata: { name: 'bound' }, spec: { serviceAccountName: 'bound', containers: [{ name: 'c', image: 'i' }] } },
    ref,
  )
  const bind = (boundObjectRef: object) => admin.createFor(accounts, ref, 'token', { spec: { boundObjectRef } })
  const pod = { kind: 'Pod', apiVersion: 'v1', name: 'bound' }
  expect(() => bind({ ...pod, uid: 'another' })).toThrow('does not match the UID in record')
  expect(() => bind({ ...pod, name: 'none' })).toThrow('pods "none" not found')
  expect(() => bind({ ...pod, kind: 'ConfigMap' })).toThrow('cannot bind token to object of type /v1, Kind=ConfigMap')
  const { status } = bind(pod) as { status: { token: string } }
  const whoami = { method: 'POST', body: '{}', token: status.token }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  expect((await ask(path, whoami)).text).toContain('"authentication.kubernetes.io/pod-name":["bound"]')
  admin.delete(pods, ref, { graceSeconds: 0 })
  expect((await ask(path, whoami)).status).toBe(401)
})

test('reads YAML as Kubernetes does, in creates and applies', async () => {
  const headers = { 'content-type': 'application/yaml' }
  const body = 'metadata: {name: yam}\ndata:\n  # a comment\n  when: 2026-01-01\n  a: "yes"\n'
  const made = await ask(configMaps, { method: 'POST', headers, body })
  expect(JSON.parse(made.text)).toMatchObject({ data: { when: '2026-01-01', a: 'yes' } })
  const apply = {
    method: 'PATCH',
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  b: c\n',
  }
  const applied = await ask(`${configMaps}/yam?fieldManager=me`, apply)
  expect(JSON.parse(applied.text)).toMatchObject({ data: { a: 'yes', b: 'c' } })
  expect((await ask(`${configMaps}/yam?fieldManager=me`, { ...apply, body: 'a: [' })).status).toBe(400)
  const bare = await ask(configMaps, { method: 'POST', headers, body: 'metadata: {name: z}\ndata: {a: yes}\n' })
  expect(bare).toMatchObject({ status: 400 }) // to YAML 1.1 it is a boolean
})

test.each([
  [
    'a client that takes protobuf only',
    configMaps,
    { headers: { accept: 'application/vnd.kubernetes.protobuf' } },
    501,
  ],
  ['a client that takes HTML only', configMaps, { headers: { accept: 'text/html' } }, 406],
  ['a path that Go cannot read', '/api/v1/namespaces/%zz/pods', {}, 400],
  ['a check of health that is not there', '/readyz/etcd', {}, 501],
  ["a node's kubelet", '/api/v1/nodes/emulator/proxy/stats', {}, 501],
  ['HEAD of a resource', configMaps, { method: 'HEAD' }, 405],
  ['HEAD of /healthz', '/healthz', { method: 'HEAD' }, 200],
  ['OPTIONS', configMaps, { method: 'OPTIONS' }, 405],
  ['a body that is no JSON', configMaps, { method: 'POST', body: '{' }, 400],
  ['a body of another type', configMaps, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' }, 415],
  ['a body that is too long', configMaps, { method: 'POST', body: ' '.repeat(3 * 1024 * 1024 + 1) }, 413],
  [
    'protobuf that is none',
    configMaps,
    { method: 'POST', headers: { 'content-type': 'application/vnd.kubernetes.protobuf' }, body: 'x' },
    400,
  ],
  ['a group to act for, without a user', configMaps, { headers: { 'impersonate-group': 'g' } }, 400],
  ['an admin who acts for bob', configMaps, { headers: { 'impersonate-user': 'bob' } }, 403],
] as const)('%s is answered', async (_, path, sent: Sent, status) => {
  expect((await ask(path, sent)).status).toBe(status)
})

test('streams a watch until its time is up', async () => {
  const watched = await ask(`${configMaps}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=none`)
  expect(watched).toEqual({ status: 200, text: '' })
})

test('stops following a log when nobody reads it any more', async () => {
  const admin = clientOf(api, adminUser)
  const pods = { apiVersion: 'v1', plural: 'pods' }
  const ref = { namespace: 'default', name: 'followed' }
  const spec = { nodeName: 'node', containers: [{ name: 'c', image: 'i' }] }
  admin.create({ ...pods, plural: 'serviceaccounts' }, { metadata: { name: 'default' } }, ref)
  admin.create(pods, { metadata: { name: 'followed' }, spec }, ref)
  const state = { running: {} }
  const status = { containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0, state }] }
  admin.patch(pods, ref, { status }, 'status')
  const answer = await open('/api/v1/namespaces/default/pods/followed/log?follow=true')
  const [line] = (await once(answer, 'data')) as [Buffer]
  expect(line.toString()).toBe('first\n')
  expect(followers.size).toBe(1)
  const gone = new Promise<void>((resolve) => {
    left = resolve
  })
  answer.destroy()
  await gone
  expect(followers.size).toBe(0)
})

test('ends every watch when it is closed', async () => {
  const other = await startEdge({ api, world, tokens })
  const asked = request(`${other.url}${configMaps}?watch=1`, {
    ca: other.ca,
    headers: { authorization: `Bearer ${other.adminToken}` },
  })
  asked.on('error', () => undefined)
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const over = text(answer).then(
    () => 'over',
    () => 'broken',
  )
  await other.close()
  expect(['over', 'broken']).toContain(await over)
})
