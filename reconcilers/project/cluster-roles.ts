import { RBAC } from './kinds.ts'
import { type Role, roles } from './schema.ts'

const GROUP = 'vteam.ambient-code'

/** The ClusterRole that an entry of groupAccess binds. */
export const clusterRoleOf = (role: Role): string => `ambient-project-${role}`

export const clusterRoleNames: readonly string[] = roles.map(clusterRoleOf)

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})

const read = ['get', 'list', 'watch']
const write = ['create', 'update', 'patch', 'delete']

const view = [
  rule(GROUP, ['agenticsessions', 'projectsettings'], read),
  rule('batch', ['jobs'], read),
  rule('', ['pods', 'pods/log', 'events'], read),
]
const edit = [...view, rule(GROUP, ['agenticsessions'], write)]
const admin = [...edit, rule(GROUP, ['projectsettings'], ['create', 'update', 'patch'])]

/** What members of a project may do, by their role; each has all of the one before. */
export const clusterRoles: readonly object[] = Object.entries({ admin, edit, view }).map(([role, rules]) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: {
    name: clusterRoleOf(role as Role),
    labels: { 'app.kubernetes.io/part-of': 'dormouse' },
  },
  rules,
}))
