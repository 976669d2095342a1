import type { ObjectEvent } from '#sdk/index.ts'
import { desiredPhaseOf } from './annotations.ts'
import type { AgenticSession } from './schema.ts'
import { phaseOf } from './schema.ts'

/** Which changes of a session no plan depends on: the echoes of our own status, the backend's, and what garbage collection does. Pure. */
export const ignoredSession = ({ change, object: session }: ObjectEvent<AgenticSession>): string | undefined => {
  if (change === 'delete' || session.metadata.deletionTimestamp !== undefined) return 'Deleted'
  // A dead letter that is recorded rings as well: here is a session that somebody should have looked into.
  if (desiredPhaseOf(session) || session.status?.deadLetters) return undefined
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
