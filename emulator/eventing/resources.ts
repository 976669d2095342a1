/** What the eventing controllers read and write. */
export const resources = {
  brokers: { apiVersion: 'eventing.knative.dev/v1', plural: 'brokers', kind: 'Broker', isAddressable: true },
  triggers: { apiVersion: 'eventing.knative.dev/v1', plural: 'triggers', kind: 'Trigger', isAddressable: false },
  sources: {
    apiVersion: 'sources.knative.dev/v1',
    plural: 'apiserversources',
    kind: 'ApiServerSource',
    isAddressable: false,
  },
  knativeServices: { apiVersion: 'serving.knative.dev/v1', plural: 'services', kind: 'Service', isAddressable: true },
  services: { apiVersion: 'v1', plural: 'services', kind: 'Service', isAddressable: true },
  namespaces: { apiVersion: 'v1', plural: 'namespaces', kind: 'Namespace', isAddressable: false },
  serviceAccounts: { apiVersion: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', isAddressable: false },
  crds: {
    apiVersion: 'apiextensions.k8s.io/v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    isAddressable: false,
  },
} as const

/**
 * The plural that Knative guesses from a kind, right or wrong: meta.UnsafeGuessKindToResource of apimachinery. What is named by it is
 * watched, and what is not is silently not.
 */
export const guessedPlural = (kind: string): string => {
  const singular = kind.toLowerCase()
  if (singular.endsWith('endpoints')) return singular
  if (singular.endsWith('s')) return `${singular}es`
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`
  return `${singular}s`
}
