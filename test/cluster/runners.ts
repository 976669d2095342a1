import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Runners } from '../scenarios/world.ts'
import type { ControlPlane } from './control-plane.ts'

export type RunningRunners = {
  /** What a function is started with, so that it finds them. */
  readonly env: Readonly<Record<string, string>>
  /** Those of a namespace. */
  readonly runnersOf: (namespace: string) => Runners
  readonly close: () => void
}

type Service = { readonly spec: { readonly ports: readonly { readonly port: number }[] } }
type Secret = { readonly data: Readonly<Record<string, string>> }

/** The runners of all sessions, on loopback: nothing runs in the Pods here. Each takes what comes to its Service, with the token of its session. */
export const startRunners = async ({ api }: ControlPlane): Promise<RunningRunners> => {
  const heard: { readonly host: string; readonly request: string }[] = []
  let isBroken = false

  const codeFor = async (host: string, token: unknown): Promise<number> => {
    const [hostname = '', port] = host.split(':')
    const [name = '', namespace = ''] = hostname.split('.')
    const path = `/api/v1/namespaces/${namespace}`
    const service = await api.get<Service>(`${path}/services/${name}`)
    if (!service.spec.ports.some((each) => String(each.port) === port)) return 404
    const secret = await api.get<Secret>(`${path}/secrets/${name.replace('session-', 'ambient-runner-token-')}`)
    if (atob(secret.data['agui-token'] ?? '') !== token) return 401
    return isBroken ? 503 : 200
  }

  const server = createServer(async (incoming: IncomingMessage, response) => {
    const host = String(incoming.headers['x-told-host'])
    const body = JSON.parse(await text(incoming)) as object
    const code = await codeFor(host, incoming.headers['x-ambient-session-token']).catch(() => 502)
    if (code === 200) heard.push({ host, request: [incoming.url?.slice(1), ...Object.values(body)].join(' ') })
    response.writeHead(code).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const route = new URL('route-to-runners.mjs', import.meta.url).href
  return {
    env: { NODE_OPTIONS: `--import=${route}`, RUNNERS_URL: `http://127.0.0.1:${port}` },
    runnersOf: (namespace) => ({
      heardBy: (session) =>
        heard.flatMap(({ host, request }) => (host.startsWith(`session-${session}.${namespace}.`) ? [request] : [])),
      break: () => {
        isBroken = true
      },
      mend: () => {
        isBroken = false
      },
    }),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
