import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { parse } from 'yaml'
import type { Connection } from './connection.ts'

/** Plugins and identity providers keep their own tokens fresh; how often they are asked. */
const CREDENTIALS_MS = 30_000

/** The connection of the current context. Throws where there is no usable kubeconfig. */
export const fromKubeconfig = async (env: NodeJS.ProcessEnv): Promise<Connection> => {
  const cluster = load(env).getCurrentCluster()
  if (!cluster) throw new Error('kubeconfig names no cluster')
  const read = async () => {
    const options: RequestOptions = {}
    await load(env).applyToHTTPSOptions(options)
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

/** Anew each time: what plugins answered is remembered in it. */
const load = (env: NodeJS.ProcessEnv): KubeConfig => {
  const config = new KubeConfig()
  config.loadFromDefault()
  const cluster = config.getCurrentCluster()
  const user = config.getCurrentUser()
  if (!cluster || !user) {
    throw new Error(
      `kubeconfig has no context "${config.getCurrentContext()}" with a cluster and a user; set KUBECONFIG to a file that has, or choose one with kubectl config use-context`,
    )
  }
  if (cluster.proxyUrl) throw new Error(`kubeconfig: cluster "${cluster.name}" has a proxy-url, which is not supported`)
  const tokenFile = tokenFileOf(user.name, env)
  if (tokenFile) Object.assign(user, { authProvider: { name: 'tokenFile', config: { tokenFile } } })
  return config
}

/** `users[].user.tokenFile`, which the library does not read. */
const tokenFileOf = (name: string, env: NodeJS.ProcessEnv): string | undefined => {
  for (const file of env['KUBECONFIG']?.split(delimiter).filter(Boolean) ?? [join(homedir(), '.kube/config')]) {
    const { users = [] } = parse(readFileSync(file, 'utf8')) as {
      users?: { name: string; user?: { tokenFile?: string } }[]
    }
    const tokenFile = users.find((user) => user.name === name)?.user?.tokenFile
    if (tokenFile) return resolve(dirname(file), tokenFile)
  }
  return undefined
}
