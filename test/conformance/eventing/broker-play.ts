import type { BrokerCase, BrokerStage } from './broker-stage.ts'

export type BrokerRecord = {
  /** The ingress's answer to each event that was published; -1 for none in time. */
  readonly published: readonly number[]
  readonly received: Readonly<Record<string, readonly object[]>>
}

const event = {
  'ce-id': '1',
  'ce-source': '/test',
  'ce-specversion': '1.0',
  'ce-type': 'test.type',
  'content-type': 'application/json',
}
/** What the HTTP client and the host add; it says nothing of the broker. */
const transport = [
  'host',
  'content-length',
  'accept-encoding',
  'user-agent',
  'connection',
  'traceparent',
  'proxy-connection',
  'tracestate',
]

/** Plays a case, and gives what came of it, without what differs between two runs. */
export async function playBroker(given: BrokerCase, broker: string, stage: BrokerStage): Promise<BrokerRecord> {
  await stage.install(broker, given)
  const before = stage.requests().length
  stage.answer(given.answers ?? {})
  const published: number[] = []
  for (const [index, { headers = {}, body = '{}', path = `/default/${broker}` }] of given.publish.entries()) {
    const all = Object.entries({ ...event, ...headers })
    const sent = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined))
    published[index] = -1
    void stage.post(path, sent, body).then((status) => {
      published[index] = status
    })
    await stage.pass(200)
  }
  await stage.pass(given.ms ?? 1500)
  const received: Record<string, object[]> = {}
  const times: Record<string, number> = {}
  for (const { host, headers, body, at } of stage.requests().slice(before)) {
    const gap = at - (times[host] ?? at)
    times[host] = at
    const shown = Object.entries(headers).filter(([name]) => !transport.includes(name))
    const masked = shown.sort().map(([name, value]) => [name, maskValue(name, value, broker)])
    received[host] = [
      ...(received[host] ?? []),
      {
        ...(gap > 95 &&
          given.publish.length === 1 &&
          !given.isUntimed && { waitMs: 100 * 2 ** Math.floor(Math.log2((gap + 5) / 100)) }),
        headers: Object.fromEntries(masked),
        body: body.startsWith('{') ? maskBody(JSON.parse(body)) : body,
        ...(body.includes('  ') && { raw: body }),
      },
    ]
  }
  return { published, received: Object.fromEntries(Object.entries(received).sort()) }
}

const isTime = (value: string): boolean => /^\d{4}-\d\d-\d\dT[\d:]+(\.\d*[1-9])?Z$/.test(value)

const maskValue = (name: string, value: string, broker: string): string => {
  if (name === 'ce-knativearrivaltime' && isTime(value)) return 'time'
  // The words of a connection's error are the network's.
  if (
    name === 'ce-knativeerrordata' &&
    Buffer.from(value, 'base64').toString().startsWith('dispatch error: Post "http')
  )
    return 'dispatch error'
  return value.replace(broker, 'BROKER')
}

const maskBody = (body: Record<string, unknown>): unknown =>
  'knativearrivaltime' in body ? { ...body, knativearrivaltime: 'time' } : body
