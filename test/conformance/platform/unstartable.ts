type Service = {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: { readonly template: { readonly metadata?: object; readonly spec: object } }
}

/** A copy of a Knative Service with a ServiceAccount of its own, without which it gets no Pods. */
export const unstartableLike = ({ apiVersion, kind, spec }: Service, name: string, timeoutSeconds: number) => {
  const metadata = { name, namespace: 'dormouse', labels: { 'networking.knative.dev/visibility': 'cluster-local' } }
  const template = { ...spec.template, spec: { ...spec.template.spec, serviceAccountName: name, timeoutSeconds } }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'dormouse' } },
    { apiVersion, kind, metadata, spec: { template } },
  ]
}
