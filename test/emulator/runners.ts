import type { KubeObject } from '#emulator/api-server/types.ts'
import type { Client, Resource } from '#emulator/client.ts'
import type { Ports } from '#sdk/index.ts'
import type { Runners } from '../scenarios/world.ts'

const services: Resource = { apiVersion: 'v1', plural: 'services' }
const secrets: Resource = { apiVersion: 'v1', plural: 'secrets' }
const pods: Resource = { apiVersion: 'v1', plural: 'pods' }

type Service = KubeObject & {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly { readonly port: number }[]
  }
}

/** What runners would hear behind the Services that there are, where their Pods run: they take what comes with the token of their session. */
export const createRunners = (
  admin: () => Client,
): { readonly runners: Runners; readonly askRunner: Ports['askRunner'] } => {
  const heard: { readonly url: string; readonly request: string }[] = []
  let isBroken = false

  const objectionTo = (url: string, token: string): string | undefined => {
    const { hostname, port } = new URL(url)
    const [name = '', namespace = '', domain] = hostname.split('.')
    const service = admin().get(services, { namespace, name }) as Service | undefined
    if (!service || domain !== 'svc') return `getaddrinfo ENOTFOUND ${hostname}`
    const [[key, value] = []] = Object.entries(service.spec?.selector ?? {})
    const isUp = admin()
      .list(pods, { namespace })
      .some(({ metadata, ...pod }) => {
        const { phase } = (pod['status'] ?? {}) as { readonly phase?: string }
        return metadata.labels?.[key ?? ''] === value && phase === 'Running'
      })
    if (!isUp || !service.spec?.ports?.some((each) => String(each.port) === port)) return 'connect ECONNREFUSED'
    const secret = admin().get(secrets, { namespace, name: name.replace('session-', 'ambient-runner-token-') })
    const { 'agui-token': right = '' } = (secret?.['data'] ?? {}) as Readonly<Record<string, string>>
    if (atob(right) !== token) return 'the runner answered 401'
    return isBroken ? 'the runner answered 503' : undefined
  }

  return {
    runners: {
      heardBy: (session) =>
        heard.flatMap(({ url, request }) => (url.startsWith(`http://session-${session}.`) ? [request] : [])),
      break: () => {
        isBroken = true
      },
      mend: () => {
        isBroken = false
      },
    },
    askRunner: async ({ url, token }, changes) =>
      changes.map(({ requests }) => {
        const objection = objectionTo(url, token)
        if (objection) return objection
        for (const { path, body } of requests) heard.push({ url, request: [path, ...Object.values(body)].join(' ') })
        return undefined
      }),
  }
}
