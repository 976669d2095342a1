import type { Access } from '#sdk/index.ts'

/** What reconciling a session takes, whoever does it. */
export const sessionAccess: readonly Access[] = [
  { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions', verbs: ['get', 'patch'] },
  { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions/status', verbs: ['patch'] },
  { apiGroup: 'batch', resource: 'jobs', verbs: ['get', 'list', 'create', 'delete'] },
  { apiGroup: 'vteam.ambient-code', resource: 'projectsettings', verbs: ['get'] },
  { apiGroup: '', resource: 'pods', verbs: ['list', 'delete'] },
]
