import type { Access } from '#sdk/index.ts'
import { triggerVerbs } from './children.ts'
import { clusterRoleNames } from './cluster-roles.ts'
import { RBAC } from './kinds.ts'

/** What reconciling a project takes, whoever does it. */
export const projectAccess: readonly Access[] = [
  { apiGroup: 'vteam.ambient-code', resource: 'projectsettings', verbs: ['get', 'create'] },
  { apiGroup: 'vteam.ambient-code', resource: 'projectsettings/status', verbs: ['patch'] },
  { apiGroup: '', resource: 'namespaces', verbs: ['get'] },
  { apiGroup: '', resource: 'serviceaccounts', verbs: ['get', 'create', 'patch', 'delete'] },
  { apiGroup: '', resource: 'limitranges', verbs: ['get', 'create', 'patch', 'delete'] },
  { apiGroup: RBAC, resource: 'roles', verbs: ['get', 'create', 'patch', 'delete'] },
  { apiGroup: RBAC, resource: 'rolebindings', verbs: ['list', 'create', 'patch', 'delete'] },
  // Nobody may give what he does not have: the ClusterRoles of members by name, what a Role of ours grants by having it.
  { apiGroup: RBAC, resource: 'clusterroles', verbs: [], toGrant: ['bind'], resourceNames: clusterRoleNames },
  { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions', verbs: [], toGrant: triggerVerbs },
]
