import { secondsOf } from '#sdk/index.ts'
import type { Part } from './hot-part.ts'
import type { AgenticSession, Spec, Status } from './schema.ts'
import { gotFor, type StartedWith } from './started-with.ts'

type Entry = NonNullable<Status['reconciledWorkflow']>
type Wanted = { readonly gitUrl: string; readonly branch: string; readonly path: string }

const CONDITION = 'WorkflowReconciled'
const NONE = 'NotConfigured'

/** A runner with none has an empty URL: it is told that, too. */
const wantedOf = ({ gitUrl = '', branch = 'main', path = '' }: NonNullable<Spec['activeWorkflow']> = {}): Wanted =>
  gitUrl === '' ? { gitUrl, branch: 'main', path: '' } : { gitUrl, branch, path }

const startedWorkflowOf = (started: StartedWith): Wanted =>
  wantedOf({
    gitUrl: gotFor(started, 'ACTIVE_WORKFLOW_GIT_URL') ?? '',
    branch: gotFor(started, 'ACTIVE_WORKFLOW_BRANCH') ?? 'main',
    path: gotFor(started, 'ACTIVE_WORKFLOW_PATH') ?? '',
  })

/** Its workflow: what the runner was told of last, here or at its start, against what the spec says. Pure. */
export const workflowPart = ({ spec, status }: AgenticSession, started: StartedWith, now: Date): Part<Entry> => {
  const said = status?.conditions?.find(({ type }) => type === CONDITION)
  const wanted = wantedOf(spec?.activeWorkflow)
  const before = status?.reconciledWorkflow
  const had: Entry = before ?? {
    ...(said?.reason === NONE ? wantedOf() : startedWorkflowOf(started)),
    status: 'Active',
  }
  const isSame = had.gitUrl === wanted.gitUrl && had.branch === wanted.branch && had.path === wanted.path
  const change = { about: 'workflow', requests: [{ path: 'workflow', body: wanted }] }
  const isSettled = isSame && had.status === 'Active'
  const isWanted = wanted.gitUrl !== ''
  return {
    field: 'spec.activeWorkflow',
    changes: isSettled ? [] : [change],
    objections: [],
    condition: { type: CONDITION, reason: isWanted ? 'Reconciled' : NONE },
    isThere: isWanted || had.gitUrl !== '' || said !== undefined,
    after: (standingOf) => {
      const standing = isSettled ? 'taken' : standingOf(change)
      if (standing === 'taken') {
        if (!isWanted) return undefined
        return isSettled && before ? before : { ...wanted, status: 'Active', appliedAt: secondsOf(now) }
      }
      return { ...(isWanted ? wanted : had), status: standing === 'asked' ? 'Cloning' : 'Failed' }
    },
  }
}
