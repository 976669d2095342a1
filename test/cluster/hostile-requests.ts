import { request as httpRequest } from 'node:http'

export type Hostile = {
  readonly what: string
  readonly status: number
  readonly request: {
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    /** Claims this many bytes more than it sends, then hangs up. */
    readonly missing?: number
  }
}

/** Sends a request and returns its answer; status 0 where the connection ended without one. */
export const send = (
  url: string,
  { headers, body, missing = 0 }: Hostile['request'],
): Promise<{ status: number; body: string }> =>
  new Promise((resolve) => {
    const length = { 'content-length': String(Buffer.byteLength(body) + missing) }
    const outgoing = httpRequest(url, { method: 'POST', agent: false, headers: { ...headers, ...length } })
    outgoing.on('error', () => resolve({ status: 0, body: '' }))
    outgoing.on('response', (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      incoming.on('error', () => resolve({ status: incoming.statusCode ?? 0, body: text }))
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }))
    })
    if (missing > 0) outgoing.write(body, () => setTimeout(() => outgoing.destroy(), 50))
    else outgoing.end(body)
  })

const attributes = {
  'content-type': 'application/json',
  'ce-specversion': '1.0',
  'ce-id': 'a-1',
  'ce-source': 'https://10.96.0.1:443',
  'ce-type': 'dev.knative.apiserver.resource.update',
}

const without = (name: keyof typeof attributes) => {
  const { [name]: _, ...rest } = attributes
  return rest
}

let version = 0
/** No two events are about the same change, or the second would be ignored as a duplicate. */
const nextVersion = () => String(++version)

const session = (namespace: string, more: object = {}) => ({
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'AgenticSession',
  metadata: {
    name: 'never-was',
    namespace,
    uid: '11111111-1111-4111-8111-111111111111',
    resourceVersion: nextVersion(),
    generation: 1,
  },
  ...more,
})

const job = (namespace: string, owner: unknown, more: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'job',
    namespace,
    uid: '22222222-2222-4222-8222-222222222222',
    resourceVersion: nextVersion(),
    ownerReferences: owner,
  },
  status: { ready: 1 },
  ...more,
})

const ownedBy = (name: string) => [
  { apiVersion: 'vteam.ambient-code/v1alpha1', kind: 'AgenticSession', name, uid: 'x', controller: true },
]

/** What malice, mistakes and broken networks send, and how each function has to answer. */
export const hostileRequests = (namespace: string, kind: 'session' | 'job' = 'session'): readonly Hostile[] => {
  const ours = kind === 'session' ? session(namespace) : job(namespace, ownedBy('never-was'))
  const event = (what: string, status: number, body: unknown, headers = attributes): Hostile => ({
    what,
    status,
    request: { headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
  })
  return [
    { what: 'no CloudEvent', status: 400, request: { headers: { 'content-type': 'application/json' }, body: '{}' } },
    { what: 'no body and no headers', status: 400, request: { headers: {}, body: '' } },
    ...(['ce-specversion', 'ce-id', 'ce-source', 'ce-type'] as const).map(
      (name): Hostile => ({
        what: `no ${name}`,
        status: 400,
        request: { headers: without(name), body: JSON.stringify(ours) },
      }),
    ),
    event('version 0.3', 400, ours, { ...attributes, 'ce-specversion': '0.3' }),
    event('data that is no JSON', 400, '{"apiVersion": "v'),
    event(
      'a structured event without data',
      422,
      {
        specversion: '1.0',
        id: '1',
        source: '/x',
        type: attributes['ce-type'],
      },
      { ...attributes, 'content-type': 'application/cloudevents+json' },
    ),
    event('a structured event that is no JSON', 400, '{', {
      ...attributes,
      'content-type': 'application/cloudevents+json',
    }),
    event('a batch', 400, [ours], { ...attributes, 'content-type': 'application/cloudevents-batch+json' }),
    event('10 MB', 413, `"${'x'.repeat(10_000_000)}"`),
    {
      what: 'a truncated body',
      status: 0,
      request: { headers: attributes, body: JSON.stringify(ours).slice(0, 40), missing: 500 },
    },
    event('another type', 422, ours, { ...attributes, 'ce-type': 'dev.knative.sources.ping' }),
    event('a type that is a property of every object', 422, ours, { ...attributes, 'ce-type': 'constructor' }),
    event('another kind', 422, { ...ours, kind: 'Pod', apiVersion: 'v1' }),
    event('data that is null', 422, 'null'),
    event('data that is a list', 422, []),
    event('metadata that is a number', 422, { ...ours, metadata: 7 }),
    event('a name that is a number', 422, { ...ours, metadata: { ...ours.metadata, name: 7 } }),
    event('no uid', 422, { ...ours, metadata: { ...ours.metadata, uid: undefined } }),
    event('an object that never existed', 204, ours),
    event('the same once more', 204, ours),
    ...(kind === 'session'
      ? [
          event(
            'a name that is a path',
            422,
            session(namespace, { metadata: { ...session(namespace).metadata, name: '../../../api/v1/secrets' } }),
          ),
          event(
            'a name that is the folder above',
            422,
            session(namespace, { metadata: { ...session(namespace).metadata, name: '..' } }),
          ),
          event('a status that is a text', 204, session(namespace, { status: 'Running' })),
          event(
            'annotations that are a number',
            204,
            session(namespace, { metadata: { ...session(namespace).metadata, annotations: 7 } }),
          ),
          event(
            'an object that never existed, already Running and asked to stop',
            204,
            session(namespace, {
              status: { phase: 'Running', attempt: 1, jobName: 'kube-system' },
              metadata: { ...session(namespace).metadata, annotations: { 'ambient-code.io/desired-phase': 'Stopped' } },
            }),
          ),
        ]
      : [
          event('an owner that is a path', 422, job(namespace, ownedBy('../secrets'))),
          event('owners that are an object', 422, job(namespace, { name: 'x' })),
          event('conditions that are a number', 422, job(namespace, ownedBy('x'), { status: { conditions: 7 } })),
          event('no owner', 204, job(namespace, [])),
          event(
            'an owner of another kind',
            204,
            job(namespace, [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x', controller: true }]),
          ),
        ]),
  ]
}
