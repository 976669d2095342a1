import { sessionAccess } from '#reconcilers/agentic-session/access.ts'
import { dueSessions } from '#reconcilers/agentic-session/due-sessions.ts'
import { mistakesIn } from '#reconcilers/agentic-session/profile-mistakes.ts'
import { agenticSession } from '#reconcilers/agentic-session/reconciler.ts'
import { projectAccess } from '#reconcilers/project/access.ts'
import { dueProjects } from '#reconcilers/project/due-projects.ts'
import { RBAC } from '#reconcilers/project/kinds.ts'
import { project } from '#reconcilers/project/reconciler.ts'
import { defineFunction, reconcileAll, worstOf } from '#sdk/index.ts'
import { listProjects } from './projects.ts'

/** Woken by the clock: finds what time alone makes due, and what a lost event left behind. */
export default defineFunction({
  name: 'timeout-sweeper',
  on: [{ everyMinutes: 5 }],
  access: [
    ...projectAccess,
    ...sessionAccess,
    { apiGroup: '', resource: 'namespaces', verbs: ['list'] },
    { apiGroup: '', resource: 'secrets', verbs: ['list'] },
    { apiGroup: '', resource: 'serviceaccounts', verbs: ['list'] },
    { apiGroup: '', resource: 'limitranges', verbs: ['list'] },
    { apiGroup: RBAC, resource: 'roles', verbs: ['list'] },
    { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions', verbs: ['list'] },
    { apiGroup: 'vteam.ambient-code', resource: 'projectsettings', verbs: ['list'] },
  ],
  mistakesIn,
  // Neither keeps the other waiting, whatever becomes of it; a list that both begin with is told by both.
  handle: async (_event, ports) => {
    const projects = listProjects(ports.cluster)
    const ofProjects = await reconcileAll(project, dueProjects(ports, projects), ports)
    return worstOf(ofProjects, await reconcileAll(agenticSession, dueSessions(ports, projects), ports))
  },
})
