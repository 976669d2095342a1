import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { Connection } from './connection.ts'

/** Plugins and identity providers keep their own tokens fresh; how often they are asked. */
const CREDENTIALS_MS = 30_000

/** The connection of the current context. Throws where there is no usable kubeconfig. */
export const fromKubeconfig = async (): Promise<Connection> => {
  const config = new KubeConfig()
  config.loadFromDefault()
  const cluster = config.getCurrentCluster()
  if (!cluster || !config.getCurrentUser()) {
    throw new Error(
      `kubeconfig has no context "${config.getCurrentContext()}" with a cluster and a user; set KUBECONFIG to a file that has, or choose one with kubectl config use-context`,
    )
  }
  if (cluster.proxyUrl) throw new Error(`kubeconfig: cluster "${cluster.name}" has a proxy-url, which is not supported`)
  const read = async () => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    return { options, readAt: performance.now() }
  }
  let latest = await read()
  const { ca, cert, key, rejectUnauthorized, servername } = latest.options
  const given = { ca, cert, key, rejectUnauthorized, servername }
  const tls = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Connection['tls']
  return {
    server: new URL(cluster.server),
    tls,
    headers: async (renew = false) => {
      if (renew || performance.now() - latest.readAt > CREDENTIALS_MS) latest = await read()
      const headers = latest.options.headers as Record<string, string> | undefined
      const basic = latest.options.auth && {
        authorization: `Basic ${Buffer.from(latest.options.auth).toString('base64')}`,
      }
      return { ...basic, ...headers }
    },
  }
}
