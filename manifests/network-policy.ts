import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js'
import { labelsOf, NAMESPACE } from './names.ts'

/**
 * Where Knative Serving is (the activator brings events, the autoscaler asks the queue-proxy for its load), and where its ingress is, which
 * goes past the activator when a Pod has room. An ingress other than Kourier has another namespace. The kubelet's probes are always let in.
 */
const CALLERS = ['knative-serving', 'kourier-system']

/** Lets nobody else at the Pods of Dormouse. Not part of an ordinary installation: what it must let in is not the same everywhere. */
export const networkPolicy: NetworkPolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'dormouse', namespace: NAMESPACE, labels: labelsOf('network-policy') },
  spec: {
    podSelector: {},
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [
          {
            namespaceSelector: {
              matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: CALLERS }],
            },
          },
        ],
      },
    ],
  },
}
