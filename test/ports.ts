import type { Cluster, Ports, Settings } from '#sdk/index.ts'

/** The time of tests that do not speak of time. */
export const NOW = new Date('2026-03-01T12:00:00Z')

export const settings: Settings = {
  namespace: 'dormouse',
  backendNamespace: 'ambient-code',
  backendUrl: 'http://backend-service.ambient-code.svc.cluster.local:8080/api',
  runnerImage: 'runner:1',
  inactivityTimeoutSeconds: 86_400,
  runnerProfiles: { profiles: [{ id: 'plain' }] },
}

let drawn = 0

/** The ports of a process of its own: it takes no turns with others, says nothing, and remembers what it handled. */
export const portsOn = (cluster: Cluster, differing: Partial<Ports> = {}): Ports => ({
  cluster,
  now: () => NOW,
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  settings,
  askBackend: () => Promise.reject(new Error('there is no backend')),
  askRunner: (_runner, changes) => Promise.resolve(changes.map(() => 'there is no runner')),
  random: () => `chance-${++drawn}`,
  measure: () => undefined,
  turn: (_key, work) => work(),
  handled: new Set<string>(),
  ...differing,
})
