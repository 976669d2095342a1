export type HttpRequest = {
  readonly method: string
  /** Names are lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type HttpResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers requests to one host name. Rejects where a real peer would refuse or reset the connection. */
export type Handler = (request: HttpRequest & { readonly path: string }) => Promise<HttpResponse>

/** The cluster's network, as far as events travel on it: names and who answers to them. */
export type Network = {
  /** The answer ends it. */
  readonly serve: (host: string, handler: Handler) => () => void
  /** Rejects for a name that nobody serves, as a refused connection does. */
  readonly send: (url: string, request: HttpRequest) => Promise<HttpResponse>
}

type Place = { readonly hostname: string; readonly path: string }
const MOST_PLACES = 1000

export function createNetwork(): Network {
  const handlers = new Map<string, Handler>()
  const parsed = new Map<string, Place>()
  /** Few URLs are sent to, and each very often. */
  const placeOf = (url: string): Place => {
    const known = parsed.get(url)
    if (known) return known
    const { hostname, pathname, search } = new URL(url)
    if (parsed.size >= MOST_PLACES) parsed.clear()
    const place = { hostname, path: `${pathname}${search}` }
    parsed.set(url, place)
    return place
  }
  return {
    serve: (host, handler) => {
      handlers.set(host, handler)
      return () => {
        if (handlers.get(host) === handler) handlers.delete(host)
      }
    },
    send: async (url, request) => {
      const { hostname, path } = placeOf(url)
      const handler = handlers.get(hostname)
      if (!handler) throw new Error(`dial tcp: lookup ${hostname}: no such host`)
      return handler({ ...request, path })
    },
  }
}
