import type { BrokerCase, HostAnswer } from './broker-stage.ts'

const letters = { uri: 'http://letters.test/' }
const delivery = { retry: 2, backoffPolicy: 'exponential', backoffDelay: 'PT0.2S', deadLetterSink: letters }
const plain = [{}]
const one = { a: { delivery } }
const answered = (name: string, ...answers: readonly HostAnswer[]): BrokerCase => ({
  name: `a subscriber that answers ${name}`,
  triggers: one,
  answers: { a: answers },
  publish: plain,
})
const reply = {
  status: 200,
  headers: {
    'ce-id': 'r',
    'ce-source': '/r',
    'ce-specversion': '1.0',
    'ce-type': 'reply',
    'content-type': 'application/json',
  },
  body: '{"r":1}',
}
const always = (answer: HostAnswer): readonly HostAnswer[] => Array(10).fill(answer)
const structured = { 'content-type': 'application/cloudevents+json' }
const withoutHeaders = { 'ce-id': undefined, 'ce-source': undefined, 'ce-specversion': undefined, 'ce-type': undefined }
const filtered = (name: string, ...filters: readonly object[]) => [name, { filters }] as const

/** What is said of the broker, a series each. */
export const brokerCases: readonly BrokerCase[] = [
  {
    name: 'headers of an event and beside it',
    triggers: one,
    publish: [
      {
        headers: {
          'ce-subject': 's',
          'ce-time': '2026-01-01T00:00:00Z',
          'ce-extra': '',
          ...{
            'x-request-id': '1',
            'knative-hint': '2',
            'x-b3-traceid': '3',
            'retry-after': '4',
            'kn-namespace': 'x',
            other: 'y',
          },
        },
        body: '{"big": 12345678901234567890,  "a":1}',
      },
    ],
  },
  {
    name: 'a structured event',
    triggers: one,
    publish: [
      {
        headers: { ...withoutHeaders, ...structured },
        body: '{"specversion":"1.0","id":"s","source":"/s","type":"t","count":3,"flag":true,"data":{"a":1}}',
      },
      {
        headers: { ...withoutHeaders, ...structured },
        body: '{"specversion":"1.0","id":"s","source":"/s","type":"t","datacontenttype":"text/plain","data_base64":"aGVsbG8="}',
      },
      {
        headers: { ...withoutHeaders, ...structured },
        body: '{"specversion":"1.0","id":"s","source":"/s","type":"t","datacontenttype":"text/plain","data":"hello"}',
      },
    ],
  },
  {
    name: 'what the ingress refuses',
    triggers: one,
    publish: [
      { headers: { 'ce-id': undefined } },
      { headers: { 'ce-source': undefined } },
      { headers: { 'ce-type': undefined } },
      { headers: { 'ce-specversion': undefined } },
      { headers: { 'ce-specversion': '2.0' } },
      { headers: { 'ce-time': 'noon' } },
      { headers: { ...withoutHeaders, ...structured }, body: 'nonsense' },
      { headers: { ...withoutHeaders, ...structured }, body: '{"specversion":"1.0","id":"s","source":"/s"}' },
      { headers: { 'ce-knativebrokerttl': '1' } },
      { headers: { 'ce-knativebrokerttl': '0' } },
      { headers: { 'ce-knativebrokerttl': 'many' } },
      { path: '/default/nobody' },
      { path: '/' },
      { path: '/default' },
      { path: '/default/a/b' },
    ],
  },
  {
    name: 'filters',
    triggers: {
      a: { filter: { attributes: { type: 'test.type', extra: '' } } },
      b: { filter: { attributes: { subject: '' } } },
      ...Object.fromEntries([
        filtered('c', { exact: { type: 'test.type' } }, { prefix: { source: '/t' } }),
        filtered('d', { suffix: { type: '.type' } }),
        filtered('e', { any: [{ exact: { type: 'no' } }, { exact: { extra: 'e' } }] }),
        filtered('f', { all: [{ exact: { type: 'no' } }, { exact: { extra: 'e' } }] }),
        filtered('g', { not: { exact: { type: 'no' } } }),
        filtered('h', { exact: { missing: 'x' } }),
        filtered('i', { not: { exact: { missing: 'x' } } }),
        filtered('j', { exact: { knativebrokerttl: '255' } }),
        filtered('k', { prefix: { knativearrivaltime: '2' } }),
        filtered('l', { exact: { datamediatype: 'application/json' } }),
      ]),
      m: { filter: { attributes: { type: 'no' } }, filters: [{ exact: { type: 'test.type' } }] },
    },
    publish: [{ headers: { 'ce-extra': 'e', 'content-type': 'application/json; charset=utf-8' } }],
  },
  ...[200, 201, 204, 301, 304, 400, 401, 403, 404, 408, 409, 410, 413, 422, 425, 429, 500, 501, 502, 503, 504, 505].map(
    (code) => answered(`${code} for ever`, ...always({ status: code })),
  ),
  answered('503 once', { status: 503 }),
  answered('by breaking the connection', 'reset'),
  answered('by breaking every connection', ...always('reset')),
  answered('503 with Retry-After', { status: 503, headers: { 'retry-after': '3' } }),
  answered('422 with a body', { status: 422, body: 'no, because' }),
  answered('422 with the longest body', { status: 422, body: 'x'.repeat(768) }),
  answered('200 with a body that is no event', ...always({ status: 200, body: '{"ok":true}' })),
  answered('202 with an event that is broken', ...always({ ...reply, headers: { ...reply.headers, 'ce-id': '' } })),
  {
    name: 'a subscriber that takes longer than its timeout',
    triggers: { a: { delivery: { ...delivery, retry: 1, timeout: 'PT0.5S' } } },
    answers: { a: always({ status: 204, slowMs: 1500 }) },
    publish: plain,
    ms: 4000,
  },
  {
    name: 'linear waits',
    triggers: { a: { delivery: { ...delivery, retry: 3, backoffPolicy: 'linear' } } },
    answers: { a: always({ status: 500 }) },
    publish: plain,
  },
  {
    name: 'retries without a policy',
    triggers: { a: { delivery: { retry: 3 } } },
    answers: { a: always({ status: 500 }) },
    publish: plain,
  },
  {
    name: 'a delivery of a timeout alone, under a broker with retries and a sink',
    brokerDelivery: delivery,
    triggers: { a: { delivery: { timeout: 'PT5S' } }, b: {} },
    answers: { a: always({ status: 500 }), b: always({ status: 500 }) },
    publish: plain,
  },
  {
    name: 'a dead letter that fails too',
    triggers: one,
    answers: { a: always({ status: 422 }), letters: always({ status: 503 }) },
    publish: plain,
  },
  { name: 'the format json', triggers: { a: { delivery: { ...delivery, format: 'json' } } }, publish: plain },
  {
    name: 'a reply',
    triggers: { a: { filters: [{ exact: { type: 'test.type' } }] }, b: { filters: [{ exact: { type: 'reply' } }] } },
    answers: { a: [reply] },
    publish: plain,
  },
  {
    name: 'a reply whose reader fails',
    triggers: {
      a: { filters: [{ exact: { type: 'test.type' } }], delivery },
      b: { filters: [{ exact: { type: 'reply' } }] },
    },
    answers: { a: always(reply), b: always({ status: 422 }) },
    publish: plain,
  },
  {
    name: 'a reply that goes round',
    isUntimed: true,
    triggers: one,
    answers: { a: always(reply) },
    publish: [{ headers: { 'ce-knativebrokerttl': '4' } }],
  },
  {
    name: 'an async broker with a slow subscriber',
    isAsync: true,
    triggers: one,
    answers: { a: [{ status: 204, slowMs: 1000 }] },
    publish: [{}, {}],
  },
  { name: 'no Triggers', triggers: {}, publish: plain },
  // The last one: the real dispatcher does not survive it.
  answered('422 with a body that is too long', { status: 422, body: 'x'.repeat(769) }),
]
