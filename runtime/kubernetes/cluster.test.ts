import { describe, expect, it, onTestFinished } from 'vitest'
import type { Kind, KubernetesObject } from '#sdk/index.ts'
import { type StubAnswer, startStubServer } from '#test/stub-server.ts'
import { createCluster } from './cluster.ts'
import { createTransport } from './transport.ts'

type Nap = KubernetesObject & { readonly spec?: object }
const napKind: Kind<Nap> = { apiVersion: 'test/v1', kind: 'Nap', plural: 'naps', scope: 'Namespaced' }
const podKind: Kind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced' }
const namespaceKind: Kind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' }
const ref = { namespace: 'home', name: 'noon' }
const nap = { apiVersion: 'test/v1', kind: 'Nap', metadata: { ...ref, uid: 'nap-uid', resourceVersion: '7' } }

const toServer = async (...answers: readonly StubAnswer[]) => {
  const server = await startStubServer(answers)
  const transport = createTransport({ server: server.url, tls: {}, headers: async () => ({}) }, 10)
  onTestFinished(() => transport.close())
  return { ...createCluster(transport), ...server }
}

/** What the API server says when it does not do what it was asked for. */
const refusal = (code: number, reason: string, message = 'no', more: object = {}): StubAnswer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...more },
})

/** What RBAC says; the words are all that tells it from other refusals. */
const forbidden = (more = '') =>
  refusal(
    403,
    'Forbidden',
    `naps.test is forbidden: User "dormouse" cannot create resource "naps" in API group "test"${more}`,
  )

describe('a request', () => {
  it.each([
    ['get', 'GET /apis/test/v1/namespaces/home/naps/noon', undefined],
    ['create', 'POST /apis/test/v1/namespaces/home/naps?fieldManager=dormouse', 'application/json'],
    ['patch', 'PATCH /apis/test/v1/namespaces/home/naps/noon?fieldManager=dormouse', 'application/merge-patch+json'],
    [
      'patchStatus',
      'PATCH /apis/test/v1/namespaces/home/naps/noon/status?fieldManager=dormouse',
      'application/merge-patch+json',
    ],
    ['delete', 'DELETE /apis/test/v1/namespaces/home/naps/noon', 'application/json'],
  ] as const)('to %s is %s', async (verb, line, type) => {
    const { requests, ...cluster } = await toServer({ body: nap })
    if (verb === 'get') expect(await cluster.get(napKind, ref)).toEqual(nap)
    if (verb === 'create') expect(await cluster.create(napKind, nap)).toEqual(nap)
    if (verb === 'patch' || verb === 'patchStatus') expect(await cluster[verb](napKind, ref, { a: null })).toEqual(nap)
    if (verb === 'delete') await cluster.delete(napKind, ref, 'nap-uid')
    const [{ method, url, headers, body } = fail()] = requests
    expect(`${method} ${url}`).toBe(line)
    expect(headers['content-type']).toBe(type)
    if (verb === 'create') expect(JSON.parse(body)).toEqual(nap)
    if (verb === 'patch' || verb === 'patchStatus') expect(body).toBe('{"a":null}')
  })

  it('to delete is for this uid only, and takes the dependents first', async () => {
    const { requests, ...cluster } = await toServer({})
    await cluster.delete(napKind, ref, 'nap-uid')
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'nap-uid' },
    })
  })

  it('for the core group, and for what has no namespace, has the path of those', async () => {
    const { requests, ...cluster } = await toServer({ body: nap })
    await cluster.get(podKind, ref)
    await cluster.get(namespaceKind, { namespace: '', name: 'home' })
    expect(requests.map(({ url }) => url)).toEqual(['/api/v1/namespaces/home/pods/noon', '/api/v1/namespaces/home'])
  })

  it.each(['', '.', '..', 'a/b', '../pods', '%2e%2e', 'a%2Fb'])('for the name %j is not sent', async (name) => {
    const { requests, ...cluster } = await toServer({ body: nap })
    const rejected = expect.objectContaining({ name: 'PermanentError', reason: 'MalformedName' })
    await expect(cluster.get(napKind, { ...ref, name })).rejects.toEqual(rejected)
    if (name) await expect(cluster.get(napKind, { ...ref, namespace: name })).rejects.toEqual(rejected)
    await expect((async () => cluster.delete(napKind, { ...ref, name }, 'uid'))()).rejects.toEqual(rejected)
    expect(requests).toEqual([])
  })

  it('for a strange name does not become another request', async () => {
    const { requests, ...cluster } = await toServer({ body: nap })
    await cluster.get(napKind, { ...ref, name: 'a?dryRun=All#b c' })
    expect(requests[0]?.url).toBe('/apis/test/v1/namespaces/home/naps/a%3FdryRun%3DAll%23b%20c')
  })
})

describe('a write is refused', () => {
  const terminating = { details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] } }
  const quota = 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3'

  it.each<[string, StubAnswer, object]>([
    [
      'as malformed',
      refusal(400, 'BadRequest', 'no spec'),
      { name: 'RefusedError', reason: 'Invalid', message: 'no spec' },
    ],
    ['as too large', refusal(413, 'RequestEntityTooLarge'), { name: 'RefusedError', reason: 'Invalid' }],
    ...[
      'etcdserver: request is too large',
      'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2100000 vs. 2097152)',
    ].map((words): [string, StubAnswer, object] => [
      'as too large for the store',
      refusal(500, '', words),
      { name: 'RefusedError', reason: 'Invalid', message: expect.stringContaining(words) },
    ]),
    [
      'as invalid',
      refusal(422, 'Invalid', 'spec.a: required'),
      { name: 'RefusedError', reason: 'Invalid', message: 'spec.a: required' },
    ],
    ['by a quota', refusal(403, 'Forbidden', quota), { name: 'RefusedError', reason: 'QuotaExceeded', message: quota }],
    [
      'by a namespace that is going away',
      refusal(403, 'Forbidden', 'no', terminating),
      { name: 'RefusedError', reason: 'NamespaceTerminating' },
    ],
    ['for lack of a permission', forbidden(), { name: 'ForbiddenError' }],
    [
      'by a policy',
      refusal(403, 'Forbidden', 'admission webhook "p" denied the request: no'),
      { name: 'RefusedError', reason: 'Invalid', message: expect.stringContaining('denied') },
    ],
    ['by a proxy that knows us not', { status: 403, body: '<html>Forbidden</html>' }, { name: 'ForbiddenError' }],
    ['for lack of credentials', refusal(401, 'Unauthorized'), { name: 'ForbiddenError' }],
    ['because the name is taken', refusal(409, 'AlreadyExists'), { name: 'ConflictError' }],
    [
      'because the namespace is not there',
      refusal(404, 'NotFound', 'namespaces "home" not found'),
      { name: 'TransientError' },
    ],
    ['because the kind is not there', { status: 404, body: '404 page not found' }, { name: 'TransientError' }],
    [
      'by a failure',
      refusal(500, 'InternalError', 'etcd'),
      { name: 'UnreachableError', message: expect.stringContaining('etcd') },
    ],
    [
      'by a proxy',
      { status: 503, body: '<html>busy</html>' },
      { name: 'UnreachableError', message: expect.stringContaining('busy') },
    ],
    [
      'by a proxy that calls it a success',
      { status: 200, body: '<html>log in</html>' },
      { name: 'UnreachableError', message: expect.stringContaining('the answer is no JSON: <html>log in') },
    ],
    [
      'for longer than an event can wait',
      { status: 429, headers: { 'retry-after': '30' } },
      { name: 'ThrottledError', retryAfterSeconds: 30 },
    ],
  ])('%s', async (_, answer, error) => {
    const cluster = await toServer(answer)
    await expect(cluster.create(napKind, nap)).rejects.toMatchObject(error)
  })

  it('with the request and the answer in the message, but never pages of it', async () => {
    const cluster = await toServer(forbidden('!'.repeat(5000)))
    await expect(cluster.patch(napKind, ref, {})).rejects.toThrow(
      /^PATCH \/apis\/test\/v1\/namespaces\/home\/naps\/noon\?\S+: API server answered 403 Forbidden: naps.test is forbidden: .{100}!{800,900}$/,
    )
  })
})

describe('what is not there', () => {
  const notFound = refusal(404, 'NotFound', 'naps "noon" not found')

  it('is read as undefined', async () => {
    expect(await (await toServer(notFound)).get(napKind, ref)).toBeUndefined()
  })

  it('cannot be patched', async () => {
    const cluster = await toServer(notFound)
    await expect(cluster.patch(napKind, ref, {})).rejects.toMatchObject({ name: 'NotFoundError' })
    await expect(cluster.patchStatus(napKind, ref, {})).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  it('because nobody serves its kind is not read as absent', async () => {
    const cluster = await toServer({ status: 404, body: '404 page not found\n' })
    await expect(cluster.get(napKind, ref)).rejects.toMatchObject({ name: 'TransientError' })
  })

  it.each([
    ['gone', notFound],
    ['another of the same name', refusal(409, 'Conflict', 'Precondition failed: UID in precondition')],
  ])('because it is %s needs no deletion', async (_, answer) => {
    await expect((await toServer(answer)).delete(napKind, ref, 'nap-uid')).resolves.toBeUndefined()
  })

  it('is not what a deletion takes a missing permission for', async () => {
    const cluster = await toServer(forbidden())
    await expect(cluster.delete(napKind, ref, 'nap-uid')).rejects.toMatchObject({ name: 'ForbiddenError' })
  })
})

describe('a read that is forbidden', () => {
  it('for whatever reason refuses no object', async () => {
    const cluster = await toServer(refusal(403, 'Forbidden', 'the authorizer is not ready'))
    await expect(cluster.get(napKind, ref)).rejects.toMatchObject({ name: 'ForbiddenError' })
  })
})

describe('an object that changed', () => {
  it('is a conflict', async () => {
    const cluster = await toServer(refusal(409, 'Conflict'))
    await expect(cluster.patchStatus(napKind, ref, {})).rejects.toMatchObject({ name: 'ConflictError' })
  })
})

describe('a list', () => {
  const page = (names: readonly string[], token?: string): StubAnswer => ({
    body: {
      kind: 'NapList',
      metadata: { ...(token && { continue: token }) },
      items: names.map((name) => ({ metadata: { name } })),
    },
  })
  const gone = (token?: string) =>
    refusal(410, 'Expired', 'too old', { metadata: { ...(token && { continue: token }) } })
  const read = async <T extends KubernetesObject>(objects: AsyncIterable<T>) => {
    const names: string[] = []
    for await (const { metadata } of objects) names.push(metadata.name)
    return names.join('')
  }
  const queriesOf = (requests: readonly { url: string }[]) =>
    requests.map(({ url }) => Object.fromEntries(new URL(url, 'http://x').searchParams))

  it('comes page by page', async () => {
    const { list, requests } = await toServer(page(['a', 'b'], 'more?&'), page(['c']))
    expect(await read(list(napKind))).toBe('abc')
    expect(queriesOf(requests)).toEqual([{ limit: '500' }, { limit: '500', continue: 'more?&' }])
  })

  it('is asked for with its namespace, its selectors and its page size', async () => {
    const { list, requests } = await toServer(page([]))
    await read(
      list(napKind, { namespace: 'home', labelSelector: 'a=b,c=d', fieldSelector: 'status.phase!=X', pageSize: 2 }),
    )
    expect(requests[0]?.url).toMatch(/^\/apis\/test\/v1\/namespaces\/home\/naps\?/)
    expect(queriesOf(requests)).toEqual([{ limit: '2', labelSelector: 'a=b,c=d', fieldSelector: 'status.phase!=X' }])
  })

  it('of all namespaces has the path of none', async () => {
    const { list, requests } = await toServer(page([]))
    await read(list(napKind))
    expect(requests[0]?.url).toBe('/apis/test/v1/naps?limit=500')
  })

  it('fetches a page no sooner than it is wanted', async () => {
    const { list, requests } = await toServer(page(['a', 'b'], 'more'), page(['c']))
    for await (const { metadata } of list(napKind)) if (metadata.name === 'b') break
    expect(requests).toHaveLength(1)
  })

  it('gives each object the kind that the list leaves out', async () => {
    const { list } = await toServer(page(['a']))
    for await (const object of list(napKind)) expect(object).toMatchObject({ apiVersion: 'test/v1', kind: 'Nap' })
    expect.assertions(1)
  })

  it('of metadata asks for metadata alone', async () => {
    const { listMetadata, requests } = await toServer(page(['a']))
    expect(await read(listMetadata(napKind))).toBe('a')
    expect(requests[0]?.headers.accept).toBe('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1')
  })

  it('of metadata goes on with metadata', async () => {
    const { listMetadata, requests } = await toServer(page(['a'], 'old'), gone(), page(['a'], 'new'), page(['b']))
    await read(listMetadata(napKind))
    expect(new Set(requests.map(({ headers }) => headers.accept)).size).toBe(1)
  })

  it('that is null is empty', async () => {
    const { list } = await toServer({ body: { metadata: {}, items: null } })
    expect(await read(list(napKind))).toBe('')
  })

  it('whose token is too old goes on with the new one', async () => {
    const { list, requests } = await toServer(page(['a'], 'old'), gone('fresh'), page(['b']))
    expect(await read(list(napKind))).toBe('ab')
    expect(queriesOf(requests).map((query) => query['continue'])).toEqual([undefined, 'old', 'fresh'])
  })

  it('whose token is too old starts over where there is no new one', async () => {
    const { list, requests } = await toServer(page(['a'], 'old'), gone(), page(['a', 'b'], 'new'), page(['c']))
    expect(await read(list(napKind))).toBe('aabc')
    expect(queriesOf(requests).map((query) => query['continue'])).toEqual([undefined, 'old', undefined, 'new'])
  })

  const pageOf = (characters: number): StubAnswer => ({ body: { items: [], more: 'x'.repeat(characters) } })
  const MiB = 1024 * 1024

  it('whose page is too long to be held starts over with smaller ones', async () => {
    const answers = [page(['a'], 'more'), pageOf(5 * MiB), pageOf(5 * MiB), page(['a', 'b'], 'more'), page(['c'])]
    const { list, requests } = await toServer(...answers)
    expect(await read(list(napKind, { fieldSelector: 'a!=b' }))).toBe('aabc')
    const pages = queriesOf(requests).map(({ limit, continue: token, fieldSelector }) => [limit, token, fieldSelector])
    expect(pages).toEqual([
      ['500', undefined, 'a!=b'],
      ['500', 'more', 'a!=b'],
      ['50', undefined, 'a!=b'],
      ['5', undefined, 'a!=b'],
      ['5', 'more', 'a!=b'],
    ])
  })

  it('of one object a page takes it however long it is', async () => {
    const { list, requests } = await toServer(pageOf(5 * MiB))
    expect(await read(list(napKind, { pageSize: 2 }))).toBe('')
    expect(queriesOf(requests)).toEqual([{ limit: '2' }, { limit: '1' }])
  })

  it('of metadata becomes smaller in the same way, and stays one of metadata', async () => {
    const { listMetadata, requests } = await toServer(pageOf(5 * MiB), page(['a']))
    expect(await read(listMetadata(napKind))).toBe('a')
    expect(queriesOf(requests)).toEqual([{ limit: '500' }, { limit: '50' }])
    expect(new Set(requests.map(({ headers }) => headers.accept)).size).toBe(1)
  })

  it('by a field that the API server does not select by says what it lacks', async () => {
    const { list } = await toServer(refusal(400, 'BadRequest', 'field label not supported: status.phase'))
    await expect(read(list(napKind, { fieldSelector: 'status.phase!=X' }))).rejects.toMatchObject({
      name: 'PermanentError',
      reason: 'NotSelectable',
      message: expect.stringMatching(
        /^this API server does not know selectableFields .*1\.31.*: GET \/apis\/test\/v1\/naps\?.*: field label not supported: status\.phase$/,
      ),
    })
  })

  it('that is too old from its first page fails', async () => {
    const { list } = await toServer(gone('fresh'))
    await expect(read(list(napKind))).rejects.toMatchObject({ name: 'GoneError' })
  })

  it('that breaks in the middle fails behind what it has given', async () => {
    const { list } = await toServer(page(['a'], 'more'), forbidden())
    const names: string[] = []
    const reading = (async () => {
      for await (const { metadata } of list(napKind)) names.push(metadata.name)
    })()
    await expect(reading).rejects.toMatchObject({ name: 'ForbiddenError' })
    expect(names).toEqual(['a'])
  })
})

function fail(): never {
  throw new Error('nothing was sent')
}
