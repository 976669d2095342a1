import { secretKind } from '#reconcilers/agentic-session/children.ts'
import { runnerJobFor } from '#reconcilers/agentic-session/runner-job.ts'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import type { KubernetesObject } from '#sdk/index.ts'
import { settings } from '#test/ports.ts'
import { disturb, setRight, sharedByRunners } from './own-children.ts'
import { phaseIs, type World } from './world.ts'

/** What this takes beside a world. */
export type Doorkeeper = {
  /** Only this function hears of changes in this world from here on. */
  deliverOnlyTo(name: 'on-session-event' | 'on-job-event' | 'on-project-event'): Promise<void>
  holdJob(name: string): Promise<void>
  letJobGo(name: string): Promise<void>
}

/**
 * The doors lead to one plan, so each may have to carry out any part of it. Most of it falls to the other door in
 * ordinary life; here each is alone when it comes up.
 */
export const eachDoorDoesEverything = async (world: World, door: Doorkeeper): Promise<void> => {
  const start = { 'ambient-code.io/desired-phase': 'Running' }
  const stop = { 'ambient-code.io/desired-phase': 'Stopped' }
  const everything = { spec: { environmentVariables: { RUNNER_TYPE: 'everything' } } }
  const isUp = (name: string) =>
    world.eventually(`${name} is up`, async () => {
      const session = await world.session(name)
      return ['Creating', 'Running'].includes(session?.status?.phase ?? '') ? session : undefined
    })
  const hasFailedJob = (name: string) =>
    world.eventually(`the Job of ${name} has failed`, async () => {
      const jobs = await world.jobs()
      return jobs.find(
        ({ metadata, status }) =>
          metadata.name.startsWith(name) && status?.conditions?.some(({ type }) => type === 'Failed'),
      )
    })

  await world.create('stopped', { annotations: stop, runner: { seconds: 600 } })
  const stopped = await phaseIs(world, 'stopped', 'Stopped')

  // on-session-event finds a failed Job whose end nobody reported.
  await door.deliverOnlyTo('on-session-event')
  await world.create('unreported', { runner: { seconds: 1, exitCode: 5 } })
  await hasFailedJob('unreported')
  await world.annotate('unreported', stop)
  await phaseIs(world, 'unreported', 'Failed')
  await world.loseEvents()
  await world.deliverEvents()

  // on-session-event sets right what a session has when it starts again. No node has what its Pod wants, but it starts all the same.
  await world.apply({ ...sharedByRunners, data: { key: btoa('first') } } as KubernetesObject)
  await world.create('kept', { ...everything, runner: { seconds: 600 } })
  await isUp('kept')
  await world.annotate('kept', stop)
  await phaseIs(world, 'kept', 'Stopped')
  await disturb(world, 'kept')
  await world.annotate('kept', start)
  await setRight(world, 'kept')

  // The sweep does as much.
  await world.annotate('kept', stop)
  await phaseIs(world, 'kept', 'Stopped')
  await disturb(world, 'kept')
  await world.loseEvents()
  await world.annotate('kept', start)
  await world.sweep()
  await setRight(world, 'kept')
  const copy = () => world.read(secretKind, sharedByRunners.metadata.name)
  await world.apply({ ...sharedByRunners, data: { key: btoa('second') } } as KubernetesObject)
  await world.eventually('the copy follows its source', async () => {
    await world.sweep()
    return (await copy())?.data?.['key'] === btoa('second') ? true : undefined
  })
  await world.deliverEvents()

  await world.create('touched', { runner: { seconds: 600 } })
  const touched = await phaseIs(world, 'touched', 'Running')

  // on-job-event alone takes a session from Stopping to its next attempt: the end of the old Job is held up until nobody else listens.
  await world.create('turning', { ...everything, runner: { seconds: 600 } })
  const { status } = await isUp('turning')
  const job = status?.jobName ?? ''
  await door.holdJob(job)
  await world.annotate('turning', stop)
  await phaseIs(world, 'turning', 'Stopping')
  await disturb(world, 'turning')
  await door.deliverOnlyTo('on-job-event')
  await world.annotate('turning', start)
  await door.letJobGo(job)
  await world.eventually('turning is on its second attempt', async () =>
    (await world.session('turning'))?.status?.attempt === 2 ? true : undefined,
  )

  await setRight(world, 'turning')

  // on-job-event alone looks after a session that runs.
  const { apiVersion, kind, metadata, spec } = touched
  const renamed = { ...spec, displayName: 'renamed' }
  await world.apply({
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: world.namespace },
    spec: renamed,
  } as KubernetesObject)
  await door.holdJob(touched.status?.jobName ?? '')
  await world.eventually('the change is seen', async () =>
    (await world.session('touched'))?.status?.observedGeneration === 2 ? true : undefined,
  )
  await door.letJobGo(touched.status?.jobName ?? '')

  // on-job-event alone finds a Job that a slow instance made for a session that had stopped.
  const late = runnerJobFor(stopped, 1, settings)
  await world.apply(late)
  await world.eventually('the late Job is gone', async () =>
    (await world.jobs()).some(({ metadata }) => metadata.name === late.metadata.name) ? undefined : true,
  )
}

/** As above, where a node hangs: whoever looks first once it should have answered ends what it holds. */
export const eachDoorEndsByForce = async (
  world: World,
  { deliverOnlyTo }: Pick<Doorkeeper, 'deliverOnlyTo'>,
): Promise<void> => {
  const stopping = async (name: string) => {
    await world.create(name, { runner: { seconds: 600, fault: 'Unresponsive' }, spec: { timeout: 0 } })
    await phaseIs(world, name, 'Running')
    await world.annotate(name, { 'ambient-code.io/desired-phase': 'Stopped' })
    return phaseIs(world, name, 'Stopping')
  }
  const ended = ({ status }: AgenticSession) =>
    world.eventually(`the Pod of ${status?.jobName} is gone`, async () =>
      (await world.pods()).some((pod) => pod.startsWith(`${status?.jobName}-`)) ? undefined : true,
    )
  const bySessionEvent = await stopping('by-session-event')
  const byJobEvent = await stopping('by-job-event')
  const byProjectEvent = await stopping('by-project-event')
  await world.wait(125)
  await world.annotate('by-session-event', { 'ambient-code.io/desired-phase': 'Running' })
  await ended(bySessionEvent)

  // What is held up tells of nothing any more. Another Job of the session does.
  await deliverOnlyTo('on-job-event')
  await world.apply(runnerJobFor(byJobEvent, 9, settings))
  await ended(byJobEvent)

  // A project that is labelled again has its sessions looked into.
  await deliverOnlyTo('on-project-event')
  await world.label({ 'ambient-code.io/managed': null })
  await world.label({ 'ambient-code.io/managed': 'true' })
  await ended(byProjectEvent)
}
