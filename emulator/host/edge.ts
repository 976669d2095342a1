import { randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { stringify } from 'yaml'
import type { ApiServer } from '../api-server/server.ts'
import type { User } from '../api-server/types.ts'
import type { World } from '../world.ts'
import { makeCertificates } from './certificates.ts'
import { requestListener } from './http.ts'
import type { ServiceAccountTokens } from './tokens.ts'

export type EdgeOptions = {
  readonly api: ApiServer
  readonly world: World
  /** Whose `sign` the API server was made with: its tokens are taken for what they say. */
  readonly tokens: ServiceAccountTokens
  /** Any free one, if it is not said. */
  readonly port?: number
}

export type Edge = {
  /** `https://127.0.0.1:<port>` */
  readonly url: string
  /** PEM, of the authority that signed the server's certificate. */
  readonly ca: string
  readonly adminToken: string
  /** A token for anybody, good until the edge is closed. */
  readonly tokenOf: (user: User) => string
  /** A kubeconfig (YAML) of this user, by default the admin, with all that it needs in it. */
  readonly kubeconfig: (user?: User, namespace?: string) => string
  /** Ends all watches and connections. */
  readonly close: () => Promise<void>
}

export const adminUser: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Serves the API over HTTPS on 127.0.0.1, as kubectl and client libraries want it. Who sends no token is anonymous. */
export async function startEdge({ api, world, tokens, port = 0 }: EdgeOptions): Promise<Edge> {
  const { ca, cert, key } = await makeCertificates(Date.now()) // clients look at their own clocks
  const known = new Map<string, User>()
  const tokenOf = (user: User): string => {
    const token = randomBytes(16).toString('hex')
    known.set(token, user)
    return token
  }
  const authenticate = (token: string | undefined): User | undefined =>
    token === undefined ? anonymous : (known.get(token) ?? tokens.userOf(token, api.store, world.now()))
  const server = createServer({ cert, key, keepAliveTimeout: 600_000 }, requestListener(api, authenticate))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  const adminToken = tokenOf(adminUser)
  return {
    url,
    ca,
    adminToken,
    tokenOf,
    kubeconfig: (user, namespace) =>
      kubeconfig({ url, ca, user: user?.name ?? adminUser.name, token: user ? tokenOf(user) : adminToken, namespace }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Entry = { url: string; ca: string; user: string; token: string; namespace: string | undefined }

const kubeconfig = ({ url, ca, user, token, namespace }: Entry): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'emulator',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [
      { name: 'emulator', context: { cluster: 'emulator', user, ...(namespace !== undefined && { namespace }) } },
    ],
    'current-context': 'emulator',
  })
