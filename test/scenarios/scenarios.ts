import { children } from './children.ts'
import { deadLetters } from './dead-letters.ts'
import { faults } from './faults.ts'
import { hotChanges } from './hot-changes.ts'
import { lifecycle } from './lifecycle.ts'
import { stopAndStart } from './stop-and-start.ts'
import { upstreamDefects } from './upstream-defects.ts'
import type { Scenario } from './world.ts'

/** Everything that a session goes through, written once for all worlds. */
export const scenarios: readonly Scenario[] = [
  ...lifecycle,
  ...children,
  ...stopAndStart,
  ...upstreamDefects,
  ...hotChanges,
  ...faults,
  ...deadLetters(),
]
