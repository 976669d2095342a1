import { sessionAccess } from '#reconcilers/agentic-session/access.ts'
import { mistakesIn } from '#reconcilers/agentic-session/profile-mistakes.ts'
import { agenticSession } from '#reconcilers/agentic-session/reconciler.ts'
import { defineFunction, onSchedule } from '#sdk/index.ts'
import { dueSessions } from './due-sessions.ts'

/** Woken by the clock: finds what time alone makes due, and what a lost event left behind. */
export default defineFunction({
  name: 'timeout-sweeper',
  on: [{ everyMinutes: 5 }],
  access: [
    ...sessionAccess,
    { apiGroup: '', resource: 'namespaces', verbs: ['list'] },
    { apiGroup: '', resource: 'secrets', verbs: ['list'] },
    { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions', verbs: ['list'] },
    { apiGroup: 'vteam.ambient-code', resource: 'projectsettings', verbs: ['list'] },
  ],
  mistakesIn,
  handle: onSchedule(agenticSession, dueSessions),
})
