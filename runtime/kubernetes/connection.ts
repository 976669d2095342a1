import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { AgentOptions } from 'node:https'
import { join } from 'node:path'

/** How to reach an API server, and as whom. */
export type Connection = {
  readonly server: URL
  readonly tls: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>
  /** The headers that say who we are. Asked for at every request: tokens change. `renew` forgets what is remembered. */
  headers(renew?: boolean): Promise<Readonly<Record<string, string>>>
}

/** Where the kubelet puts a Pod's credentials. */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The kubelet renews tokens at four fifths of their life, an hour or more; client-go, too, reads them once a minute. */
const TOKEN_MS = 60_000

/**
 * The connection of the Pod's ServiceAccount, if this is a Pod; else that of the kubeconfig (`KUBECONFIG` or `~/.kube/config`).
 * In a Pod nothing but Node is loaded for it: the Kubernetes client library would double the time of a cold start.
 */
export const connect = async (env: NodeJS.ProcessEnv): Promise<Connection> => {
  const directory = env['SERVICE_ACCOUNT_DIRECTORY'] ?? SERVICE_ACCOUNT_DIRECTORY
  const host = env['KUBERNETES_SERVICE_HOST']
  if (!env['KUBECONFIG'] && host && existsSync(join(directory, 'token'))) {
    return inCluster(host, env['KUBERNETES_SERVICE_PORT'] ?? '443', directory)
  }
  const { fromKubeconfig } = await import('./kubeconfig.ts')
  return fromKubeconfig(env)
}

const inCluster = async (host: string, port: string, directory: string): Promise<Connection> => {
  let token = { text: '', readAt: Number.NEGATIVE_INFINITY }
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    tls: { ca: await readFile(join(directory, 'ca.crt')) },
    headers: async (renew = false) => {
      if (renew || performance.now() - token.readAt > TOKEN_MS) {
        token = { text: (await readFile(join(directory, 'token'), 'utf8')).trim(), readAt: performance.now() }
      }
      return { authorization: `Bearer ${token.text}` }
    },
  }
}
