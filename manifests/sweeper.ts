import { containerOf, type Hosted, volumesOf } from './container.ts'
import { labelsOf, NAMESPACE } from './names.ts'

/**
 * The Deployment of a function that the clock wakes, and KEDA's cron window of one minute in every so many. A ScaledObject, not a ScaledJob:
 * that would start a Job at every poll in the window (kedacore/keda#1893).
 */
export const sweeperOf = (fn: Hosted, everyMinutes: number): object[] => {
  const { name } = fn
  if (!Number.isInteger(everyMinutes) || everyMinutes < 2 || 60 % everyMinutes !== 0) {
    throw new Error(
      `${name}: everyMinutes is ${everyMinutes}, must be a divisor of 60 from 2 on: windows start at fixed minutes of the hour`,
    )
  }
  const labels = labelsOf(name)
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: NAMESPACE, labels },
      spec: {
        // No replicas: KEDA sets them, and GitOps would fight it.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            terminationGracePeriodSeconds: 60,
            enableServiceLinks: false,
            ...volumesOf(fn),
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{ ...containerOf(fn), ports: [{ name: 'metrics', containerPort: 9464 }] }],
          },
        },
      },
    },
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name, namespace: NAMESPACE, labels },
      spec: {
        scaleTargetRef: { name },
        pollingInterval: 10,
        // The window is a minute since cron knows no less; the first sweep of it takes seconds, and one that is under way is finished.
        cooldownPeriod: 10,
        minReplicaCount: 0,
        maxReplicaCount: 1,
        triggers: [
          {
            type: 'cron',
            metadata: {
              timezone: 'UTC',
              start: `*/${everyMinutes} * * * *`,
              end: `1-59/${everyMinutes} * * * *`,
              desiredReplicas: '1',
            },
          },
        ],
      },
    },
  ]
}
