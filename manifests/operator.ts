import { LEASE } from '#runtime/always-on/lease.ts'
import { subscriptionsOf, watchedBy, wokenHere } from '#runtime/always-on/source.ts'
import { type FunctionDefinition, groupOf } from '#sdk/index.ts'
import { containerOf, type Hosted, volumesOf } from './container.ts'
import { labelsOf, NAMESPACE } from './names.ts'
import { identity, rulesOf } from './rbac.ts'

export const OPERATOR = 'operator'

/**
 * The always-on host: one Deployment that runs all functions that changes or the clock wake. It may do what they may, and
 * watch what wakes them. For clusters without Knative and KEDA; no part of an ordinary installation, which does the same work.
 */
export const operatorFor = (all: readonly FunctionDefinition[]): object[] => {
  const functions = wokenHere(all)
  const watching = watchedBy(subscriptionsOf(functions)).map(({ kind }) => ({
    apiGroup: groupOf(kind),
    resource: kind.plural,
    verbs: ['list', 'watch'],
  }))
  const access = [...functions.flatMap((fn) => fn.access), ...watching]
  const mistakesIn = functions.find((fn) => fn.mistakesIn)?.mistakesIn
  return [
    ...identity(OPERATOR, rulesOf(access)),
    ...leaseRole,
    deploymentOf({ name: OPERATOR, ...(mistakesIn && { mistakesIn }) }),
  ]
}

const labels = labelsOf(OPERATOR)
const named = { name: OPERATOR, namespace: NAMESPACE, labels }
const coordination = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }

/** A name cannot be asked of what is yet to be created. */
const leaseRole: readonly object[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: named,
    rules: [
      { ...coordination, verbs: ['create'] },
      { ...coordination, resourceNames: [LEASE], verbs: ['get', 'patch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: named,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: OPERATOR },
    subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace: NAMESPACE }],
  },
]

const probe = (path: string) => ({ httpGet: { path, port: 'probes' } })

const deploymentOf = (host: Hosted) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: named,
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: OPERATOR,
        // Reconciles in hand are finished, however slow the API server is.
        terminationGracePeriodSeconds: 60,
        enableServiceLinks: false,
        ...volumesOf(host),
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            ...containerOf(host),
            args: ['always-on/main.cjs', '--leader-elect'],
            ports: [
              { name: 'metrics', containerPort: 8080 },
              { name: 'probes', containerPort: 8081 },
            ],
            livenessProbe: { ...probe('/healthz'), initialDelaySeconds: 15, periodSeconds: 20 },
            readinessProbe: { ...probe('/readyz'), initialDelaySeconds: 5, periodSeconds: 10 },
          },
        ],
      },
    },
  },
})
