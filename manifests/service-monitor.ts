import type { Service } from 'kubernetes-types/core/v1.js'
import { labelsOf, NAMESPACE } from './names.ts'
import { OPERATOR } from './operator.ts'

const name = 'operator-metrics'
const metadata = { name, namespace: NAMESPACE, labels: labelsOf(name) }

/** By which the Pods of the always-on host are found; each has counts of its own. */
const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: {
    clusterIP: 'None',
    selector: labelsOf(OPERATOR),
    ports: [{ name: 'metrics', port: 8080, targetPort: 'metrics', protocol: 'TCP' }],
  },
}

/** Has the Prometheus Operator, OpenShift's user workload monitoring too, scrape the always-on host. Functions sleep, and push. */
export const serviceMonitor: readonly object[] = [
  service,
  {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata,
    spec: {
      selector: { matchLabels: metadata.labels },
      // The namespace of a session is not that of the host.
      endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s', honorLabels: true }],
    },
  },
]
