import { desiredPhaseOf } from '#reconcilers/agentic-session/annotations.ts'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import { phaseOf } from '#reconcilers/agentic-session/schema.ts'
import type { ObjectEvent } from '#sdk/index.ts'

/** Which changes of a session no plan depends on: the echoes of our own status, the backend's, and what garbage collection does. Pure. */
export const ignoredSession = ({ change, object: session }: ObjectEvent<AgenticSession>): string | undefined => {
  if (change === 'delete' || session.metadata.deletionTimestamp !== undefined) return 'Deleted'
  if (desiredPhaseOf(session)) return undefined
  switch (phaseOf(session)) {
    case 'Pending':
      return undefined
    case 'Creating':
    case 'Running':
      return session.status?.observedGeneration === session.metadata.generation ? 'WaitsForJob' : undefined
    case 'Stopping':
      return 'WaitsForJob'
    case 'Stopped':
    case 'Completed':
    case 'Failed':
      return 'Ended'
  }
}
