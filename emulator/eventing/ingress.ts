import type { HttpRequest, HttpResponse } from '../network.ts'
import type { World } from '../world.ts'
import { goTime, passedOn, readEvent, withAttributes } from './cloud-event.ts'
import type { Parcel } from './dispatcher.ts'
import { TTL } from './filter-hop.ts'

export const INGRESS_HOST = 'broker-ingress.knative-eventing.svc.cluster.local'
const MAX_TTL = 255

/** A broker's channel, to which its ingress hands every event. */
export type Channel = (parcel: Parcel) => Promise<number>

/** The multi-tenant broker's ingress: `channelOf` gives `undefined` where there is no such Broker, and 'unready' where it has no channel. */
export function brokerIngress(
  world: World,
  channelOf: (key: string) => Channel | 'unready' | undefined,
): (request: HttpRequest & { readonly path: string }) => Promise<HttpResponse> {
  return async (request) => {
    const { method, path } = request
    if (method === 'OPTIONS') return answer(200, { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*' })
    if (method !== 'POST') return answer(405)
    if (path === '/') return answer(404)
    const [, namespace, name, ...more] = path.replace(/\/$/, '').split('/')
    if (namespace === undefined || name === undefined || more.length > 0) return answer(400)
    const event = readEvent(request)
    if (!event) return answer(400)
    const channel = channelOf(`${namespace}/${name}`)
    if (!channel) return answer(404)
    const ttl = lowered(event.attributes[TTL])
    if (ttl <= 0) return answer(400)
    if (channel === 'unready') return answer(500)
    const marked = withAttributes(event, { knativearrivaltime: goTime(world.now()), [TTL]: String(ttl) })
    return answer(await channel({ event: marked, headers: passedOn(request.headers) }))
  }
}

const lowered = (ttl: string | undefined): number =>
  ttl === undefined || !/^-?\d+$/.test(ttl) ? MAX_TTL : Math.max(0, Number(ttl) - 1)

const answer = (status: number, headers: HttpResponse['headers'] = {}): HttpResponse => ({
  status,
  headers: { allow: 'POST, OPTIONS', ...headers },
  body: '',
})
