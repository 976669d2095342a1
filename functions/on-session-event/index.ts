import { sessionAccess } from '#reconcilers/agentic-session/access.ts'
import { ignoredSession } from '#reconcilers/agentic-session/ignored-session.ts'
import { mistakesIn } from '#reconcilers/agentic-session/profile-mistakes.ts'
import { agenticSession } from '#reconcilers/agentic-session/reconciler.ts'
import { sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { defineFunction, onChange, refOf } from '#sdk/index.ts'

/** Woken when a session is made, changed or asked to start or stop. */
export default defineFunction({
  name: 'on-session-event',
  on: [{ changes: sessionKind }],
  access: sessionAccess,
  mistakesIn,
  handle: onChange(sessionKind, agenticSession, { ignore: ignoredSession, target: ({ object }) => refOf(object) }),
})
