export const GROUP = 'conformance.test'

const namespaced = {
  cm: '/api/v1/namespaces/$ns/configmaps',
  pods: '/api/v1/namespaces/$ns/pods',
  svc: '/api/v1/namespaces/$ns/services',
  sa: '/api/v1/namespaces/$ns/serviceaccounts',
  secrets: '/api/v1/namespaces/$ns/secrets',
  events: '/api/v1/namespaces/$ns/events',
  pvc: '/api/v1/namespaces/$ns/persistentvolumeclaims',
  quotas: '/api/v1/namespaces/$ns/resourcequotas',
  jobs: '/apis/batch/v1/namespaces/$ns/jobs',
  deploy: '/apis/apps/v1/namespaces/$ns/deployments',
  leases: '/apis/coordination.k8s.io/v1/namespaces/$ns/leases',
  ingresses: '/apis/networking.k8s.io/v1/namespaces/$ns/ingresses',
  roles: '/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/roles',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/rolebindings',
  widgets: `/apis/${GROUP}/v1/namespaces/$ns/widgets`,
  plains: `/apis/${GROUP}/v1/namespaces/$ns/plains`,
  duos: `/apis/${GROUP}/v1/namespaces/$ns/duos`,
  duos2: `/apis/${GROUP}/v2/namespaces/$ns/duos`,
  scalers: `/apis/${GROUP}/v1/namespaces/$ns/scalers`,
}

const clusterWide = {
  ns: '/api/v1/namespaces',
  planets: `/apis/${GROUP}/v1/planets`,
  crds: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  clusterroles: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  clusterrolebindings: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  selfreviews: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  reviews: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
}

const shortcuts: Readonly<Record<string, string>> = { ...namespaced, ...clusterWide }

/** `cm/a?x=y` in full; a path that begins with a slash stays as it is. */
export const inFull = (path: string): string =>
  path.startsWith('/')
    ? path
    : path.replace(/^\w+/, (word) => {
        const found = shortcuts[word]
        if (found === undefined) throw new Error(`${word} is no shortcut: ${path}`)
        return found
      })

/** `/api/v1/namespaces/x/configmaps/a?x=y` as `cm/a`: by which name an object or a list was last seen. */
export const inShort = (path: string, namespace: string): string | undefined => {
  const [plain = ''] = path.split('?')
  for (const [word, root] of Object.entries(shortcuts)) {
    const full = root.replace('$ns', namespace)
    if (plain === full) return word
    if (plain.startsWith(`${full}/`)) return `${word}/${plain.slice(full.length + 1).split('/')[0]}`
  }
  return undefined
}
