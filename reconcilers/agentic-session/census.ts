import type { Live, Survey } from '#sdk/index.ts'
import type { JobFacts } from './job.ts'
import { orphanedJobs, sessionsNow } from './metrics.ts'
import { type AgenticSession, phaseOf } from './schema.ts'

/** How an ended session is counted: it is listed without its status. */
const ENDED = 'Ended'

const open: readonly string[] = ['Pending', 'Creating', 'Running', 'Stopping']

/** Counts along with the lists of a sweep, which it needs anyway. A session that comes twice counts once, in the phase that came first. */
export const createCensus = (managed: ReadonlySet<string>) => {
  const seen = new Set<string>()
  const counts = new Map<string, Map<string, number>>()
  for (const namespace of managed) counts.set(namespace, new Map([...open, ENDED].map((phase) => [phase, 0])))

  const count = ({ metadata: { uid, namespace } }: Live, phase: string): void => {
    if (seen.has(uid)) return
    seen.add(uid)
    const phases = counts.get(namespace)
    phases?.set(phase, (phases.get(phase) ?? 0) + 1)
  }
  return {
    countOpen: (session: Live<AgenticSession>): void => {
      const phase = phaseOf(session)
      // The phase of an old installation, which comes in the list of the ended ones as well.
      if (open.includes(phase)) count(session, phase)
    },
    countEnded: (session: Live): void => count(session, ENDED),
    /** Once all sessions were listed. `jobs` were listed before them, so that each had its session then. */
    surveys: (jobs: Iterable<JobFacts>): readonly Survey[] => {
      const orphans = [...jobs].filter(({ owner }) => !owner || !seen.has(owner.uid)).length
      const series = [...counts].flatMap(([namespace, phases]) =>
        [...phases].map(([phase, value]) => ({ labels: { namespace, phase }, value })),
      )
      return [
        { metric: sessionsNow, series },
        { metric: orphanedJobs, series: [{ labels: {}, value: orphans }] },
      ]
    },
  }
}
