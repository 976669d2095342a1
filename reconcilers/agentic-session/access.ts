import type { Access, Verb } from '#sdk/index.ts'
import { SESSIONS_OF_NAMESPACE } from './children.ts'

/** What children take: made, looked at where they are there, set right. */
const ensured: readonly Verb[] = ['create', 'get', 'patch']

/** What reconciling a session takes, whoever does it. */
export const sessionAccess: readonly Access[] = [
  {
    apiGroup: 'vteam.ambient-code',
    resource: 'agenticsessions',
    verbs: ['get', 'patch'],
    toGrant: SESSIONS_OF_NAMESPACE,
  },
  { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions/status', verbs: ['patch'] },
  { apiGroup: 'batch', resource: 'jobs', verbs: ['get', 'list', 'create', 'delete'] },
  { apiGroup: 'vteam.ambient-code', resource: 'projectsettings', verbs: ['get'] },
  { apiGroup: '', resource: 'pods', verbs: ['list', 'delete'] },
  { apiGroup: '', resource: 'persistentvolumeclaims', verbs: ensured },
  { apiGroup: '', resource: 'secrets', verbs: ensured },
  { apiGroup: '', resource: 'serviceaccounts', verbs: ensured },
  { apiGroup: '', resource: 'services', verbs: ensured },
  { apiGroup: 'networking.k8s.io', resource: 'networkpolicies', verbs: ensured },
  { apiGroup: 'rbac.authorization.k8s.io', resource: 'roles', verbs: ensured },
  { apiGroup: 'rbac.authorization.k8s.io', resource: 'rolebindings', verbs: ensured },
  { apiGroup: '', resource: 'events', verbs: ['create'] },
]
