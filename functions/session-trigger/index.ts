import { nextRunOf, SCHEDULE, scheduleOf, scheduleVariables } from '#reconcilers/agentic-session/scheduled.ts'
import { type AgenticSession, sessionKind } from '#reconcilers/agentic-session/schema.ts'
import {
  ConflictError,
  defineFunction,
  type Live,
  type Outcome,
  onCommand,
  PermanentError,
  type Ports,
  refOf,
  settled,
  TransientError,
} from '#sdk/index.ts'

/** How often it looks again where somebody else was quicker. */
const ROUNDS = 5

/**
 * Run by a CronJob, as `./operator session-trigger`, whenever a schedule comes due: makes the next session of it, or goes on with the last.
 * It has the ServiceAccount of the project, `ambient-session-trigger`, and no role of its own.
 */
export default defineFunction({
  name: 'session-trigger',
  on: [{ command: scheduleVariables }],
  access: [],
  handle: onCommand(async (variables, ports) => {
    const schedule = scheduleOf(variables)
    for (let round = 0; round < ROUNDS; round++) {
      const outcome = await begin(schedule, ports)
      if (outcome) return outcome
    }
    throw new TransientError(
      `${schedule.namespace}/${schedule.name}: others changed its sessions ${ROUNDS} times in a row`,
    )
  }),
})

/** `undefined` where somebody else came between. */
const begin = async (schedule: ReturnType<typeof scheduleOf>, ports: Ports): Promise<Outcome | undefined> => {
  const { cluster, log, now, askBackend } = ports
  const { namespace, name } = schedule
  const runs: Live<AgenticSession>[] = []
  for await (const run of cluster.list(sessionKind, { namespace, labelSelector: `${SCHEDULE}=${name}` })) runs.push(run)
  const next = nextRunOf(schedule, runs, now())
  try {
    switch (next.do) {
      case 'skip':
        log.info({ ref: next.ref, reason: next.reason }, 'left as it is')
        return settled(next.reason)
      case 'prompt':
        await askBackend(`projects/${next.ref.namespace}/agentic-sessions/${next.ref.name}/agui/run`, {
          threadId: next.ref.name,
          runId: `scheduled-${now().getTime()}`,
          messages: [{ id: `scheduled-${now().getTime()}`, role: 'user', content: next.prompt }],
        })
        log.info({ ref: next.ref }, 'asked')
        return settled('Asked')
      case 'resume':
        await cluster.patch(sessionKind, next.ref, next.patch)
        log.info({ ref: next.ref }, 'resumed')
        return settled('Resumed')
      case 'create': {
        const created = await cluster.create(sessionKind, next.session)
        log.info({ ref: refOf(created) }, 'created')
        return settled('Created')
      }
    }
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    if (next.do === 'create') await refuseForeign(refOf(next.session), schedule, ports)
    return undefined
  }
}

/** Another trigger of this schedule got the name, or somebody's own session has it, which no looking again will change. */
const refuseForeign = async (
  ref: ReturnType<typeof refOf>,
  { name }: { readonly name: string },
  { cluster }: Ports,
) => {
  const holder = await cluster.get(sessionKind, ref)
  if (holder && holder.metadata.labels?.[SCHEDULE] !== name)
    throw new PermanentError(
      'NameTaken',
      `AgenticSession ${ref.namespace}/${ref.name} is there and not of this schedule: rename one of the two`,
    )
}
