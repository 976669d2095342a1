import { sessionAccess } from '#reconcilers/agentic-session/access.ts'
import { ignoredJob } from '#reconcilers/agentic-session/ignored-job.ts'
import { factsOf, jobKind, jobLabels } from '#reconcilers/agentic-session/job.ts'
import { mistakesIn } from '#reconcilers/agentic-session/profile-mistakes.ts'
import { agenticSession } from '#reconcilers/agentic-session/reconciler.ts'
import { defineFunction, onChange } from '#sdk/index.ts'

/** Woken when a Job of ours starts to run, ends, or goes. */
export default defineFunction({
  name: 'on-job-event',
  on: [{ changes: jobKind, labels: jobLabels }],
  access: sessionAccess,
  mistakesIn,
  handle: onChange(jobKind, agenticSession, { ignore: ignoredJob, target: ({ object }) => factsOf(object).owner?.ref }),
})
