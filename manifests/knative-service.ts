import { containerOf, type Hosted, volumesOf } from './container.ts'
import { labelsOf, NAMESPACE } from './names.ts'

/** How many events a function takes at once. Most are ignored without an API call. */
const CONCURRENCY = 50

/** The Knative Service of a function: reachable in the cluster only, at zero when nothing happens. */
export const knativeServiceOf = (fn: Hosted): object => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: {
    name: fn.name,
    namespace: NAMESPACE,
    labels: { ...labelsOf(fn.name), 'networking.knative.dev/visibility': 'cluster-local' },
  },
  spec: {
    template: {
      metadata: {
        labels: labelsOf(fn.name),
        annotations: {
          'autoscaling.knative.dev/min-scale': '0',
          'autoscaling.knative.dev/max-scale': '5',
          'autoscaling.knative.dev/target': String(CONCURRENCY),
          'autoscaling.knative.dev/window': '10s',
        },
      },
      spec: {
        serviceAccountName: fn.name,
        containerConcurrency: CONCURRENCY,
        // Below 35 s the queue-proxy's draining leaves no time for SIGTERM (knative/serving#13953).
        timeoutSeconds: 60,
        enableServiceLinks: false,
        ...volumesOf(fn),
        containers: [
          {
            ...containerOf(fn),
            ports: [{ containerPort: 8080 }],
            // Every second: when the kubelet's first probe comes before the process listens, the default makes the next one 10 s late.
            readinessProbe: { httpGet: { path: '/health/readiness' }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
})
