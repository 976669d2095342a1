import { expect } from 'vitest'
import type { AgenticSession } from '#reconcilers/agentic-session/schema.ts'
import type { Live } from '#sdk/index.ts'
import { type AuditEvent, podOf } from '../cluster/audit.ts'
import type { World } from '../scenarios/world.ts'
import { conditionOf, phaseIs } from '../scenarios/world.ts'
import { eventually } from './eventually.ts'
import { atZero, followStarts, kill, podsThatAsked, revisions } from './functions-at-work.ts'
import type { Platform } from './platform.ts'
import { sweepers } from './sweeps.ts'
import { NAMES, type Name } from './triggers.ts'
import { restartApiServer } from './world.ts'

const isEnded = (phase: string | undefined): boolean => phase === 'Completed' || phase === 'Failed'

const ended = async (world: World): Promise<number> =>
  (await world.sessions()).filter(({ status }) => isEnded(status?.phase)).length

/** Every tenth fails. */
const createMany = (world: World, names: readonly string[], seconds: number) =>
  Promise.all(names.map((name, i) => world.create(name, { runner: { seconds, exitCode: i % 10 === 9 ? 1 : 0 } })))

const manyNames = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)

type Pod = { readonly metadata: { readonly ownerReferences?: readonly { readonly uid: string }[] } }

/**
 * As many Jobs as sessions, one each, each with one Pod in all its life, and so many sessions Failed: besides those whose runner could not
 * start, where a kubelet was killed that was just starting it.
 */
const expectAllRight = async (
  { api }: Platform,
  world: World,
  { count, failures, isKubeletKilled = false }: { count: number; failures: number; isKubeletKilled?: boolean },
): Promise<void> => {
  const sessions = await world.sessions()
  expect(sessions.map(({ status }) => status?.attempt)).toEqual(sessions.map(() => 1))
  const failed = sessions.filter(({ status }) => status?.phase === 'Failed')
  const unstarted = failed.filter((session) => conditionOf(session, 'Ready')?.reason === 'RunnerNotStarted').length
  if (!isKubeletKilled) expect(unstarted).toBe(0)
  expect(failed.length).toBeGreaterThanOrEqual(failures)
  expect(failed.length).toBeLessThanOrEqual(failures + unstarted)
  expect(sessions.filter(({ status }) => status?.phase === 'Completed')).toHaveLength(count - failed.length)
  const jobs = await world.jobs()
  expect(jobs).toHaveLength(count)
  expect(new Set(jobs.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).size).toBe(count)
  expect(jobs.map(({ status }) => (status?.succeeded ?? 0) + (status?.failed ?? 0))).toEqual(jobs.map(() => 1))
  const { items } = await api.get<{ items: readonly Pod[] }>(`/api/v1/namespaces/${world.namespace}/pods`)
  expect(items.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid).sort()).toEqual(
    jobs.map(({ metadata }) => metadata.uid).sort(),
  )
}

const SESSIONS = '/apis/vteam.ambient-code/v1alpha1'

/** So that no session of an earlier test ends, and wakes a function, while this one counts. */
const deleteUnended = async ({ api }: Platform): Promise<void> => {
  const unended = async () =>
    (await api.get<{ items: readonly Live<AgenticSession>[] }>(`${SESSIONS}/agenticsessions`)).items.filter(
      ({ status }) => !isEnded(status?.phase) && status?.phase !== 'Stopped',
    )
  const deleted = await unended()
  for (const { metadata } of deleted)
    await api.delete(`${SESSIONS}/namespaces/${metadata.namespace}/agenticsessions/${metadata.name}`)
  const uids = new Set(deleted.map(({ metadata }) => metadata.uid))
  await eventually(
    'the sessions of earlier tests are gone',
    async () => ((await unended()).some(({ metadata }) => uids.has(metadata.uid)) ? undefined : true),
    240,
  )
}

/** What each function is woken by: changes of these. */
const WOKEN_BY = { 'on-session-event': 'agenticsessions', 'on-job-event': 'jobs' } as const satisfies Record<
  Name,
  string
>

/** A function without work stays for ten seconds: one that has waited for longer starts again, and rightly. */
const WITHOUT_WORK_MS = 8000

/** How often there was nothing to tell a function of for longer than it stays. */
const silences = (name: Name, requests: readonly AuditEvent[]): number => {
  const changes = requests
    .filter(({ verb, objectRef }) => objectRef?.resource === WOKEN_BY[name] && verb !== 'get')
    .map(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp))
    .sort((a, b) => a - b)
  return changes.filter((at, i) => at - (changes[i - 1] ?? at) > WITHOUT_WORK_MS).length
}

/**
 * One session, made while all functions are at zero: one Pod of each starts for it, and they are at zero again. Where things took so long that a
 * function had nothing to do for longer than it stays, it may have started once more for each such time; where something else woke one (a Job
 * of an earlier session comes to its end), another session tells.
 */
export const oneFromZero = async (platform: Platform, world: World): Promise<void> => {
  await deleteUnended(platform)
  for (let attempt = 1; ; attempt++) {
    await atZero(platform, NAMES)
    const starts = followStarts(platform, NAMES)
    const name = `alone-${attempt}`
    await world.create(name, { runner: { seconds: 0.5 } })
    await phaseIs(world, name, 'Completed')
    await atZero(platform, NAMES)
    const started = await starts()
    const requests = platform
      .audit()
      .filter(({ objectRef }) => objectRef?.namespace === world.namespace && objectRef.name?.startsWith(name))
    const story = requests
      .filter(({ verb, user }) => verb !== 'get' || user.username.includes(':dormouse:'))
      .map((request) => {
        const { requestReceivedTimestamp: at, user, verb, objectRef } = request
        return [at, user.username, podOf(request), verb, objectRef?.resource, objectRef?.name].join(' ')
      })
      .join('\n')
    const most = (each: Name): number => 1 + silences(each, requests)
    for (const each of NAMES) {
      const { size } = podsThatAsked(each, requests)
      expect(size, `Pods of ${each} for ${name}, at most ${most(each)}:\n${story}`).toBeLessThanOrEqual(most(each))
      expect(size, `Pods of ${each} for ${name}:\n${story}`).toBeGreaterThanOrEqual(1)
    }
    const count = (each: Name): number => started.get(each)?.size ?? 0
    if (NAMES.every((each) => count(each) === 1)) return
    const pods = NAMES.map((each) => [...(started.get(each) ?? [])].join(' '))
    console.log(`${name} was not alone: ${pods.join('; ')}\n${story}`)
    if (attempt < 3) continue
    for (const each of NAMES) expect(count(each), `Pods of ${each}`).toBeLessThanOrEqual(most(each))
    return
  }
}

/**
 * Everything between a change and a function dies once while sessions start and end. The dispatcher does so while it holds events that nobody else
 * does: what it has passed on, a filter or the activator may still deliver, so that the filters are away.
 */
export const everythingDies = async (platform: Platform, world: World): Promise<void> => {
  const scaleFilters = (replicas: number) =>
    platform.kubectl('scale', '-n', EVENTING, 'deployment/mt-broker-filter', `--replicas=${replicas}`)
  await createMany(world, manyNames('before', 20), 1)
  await world.eventually('some have started', async () => ((await world.jobs()).length > 3 ? true : undefined))
  // Where there is no Pod of it yet, it is on its way.
  for (const name of NAMES)
    await eventually(`${name} is killed`, () =>
      kill(platform, 'dormouse', `serving.knative.dev/service=${name}`).then(() => true),
    )
  try {
    await scaleFilters(0)
    await kill(platform, EVENTING, FILTERS)
    await createMany(world, manyNames('held', 10), 1)
    await world.wait(HELD_SECONDS)
    await kill(platform, EVENTING, DISPATCHER)
  } finally {
    await scaleFilters(1)
  }
  await platform.kubectl('rollout', 'status', '-n', EVENTING, 'deployment/mt-broker-filter', '--timeout=60s')
  await eventually('there is another dispatcher', () =>
    platform.kubectl('wait', '-n', EVENTING, '--for=condition=Ready', 'pod', '-l', DISPATCHER),
  )
  const heard = await untilHeard(world, 'heard')
  // All of them were, and none: it is up to chance.
  const lost = (await world.sessions()).filter(
    ({ metadata, status }) => metadata.name.startsWith('held') && status?.jobName === undefined,
  )
  console.log(`of 10 sessions that the dispatcher held events of, ${lost.length} are unheard of`)

  await createMany(world, manyNames('amid', 10), 1)
  await restartApiServer(platform)
  await platform.restart('kubelet', 'SIGKILL')
  await createMany(world, manyNames('after', 10), 1)
  // What is not told while the adapter looks for its way back, the one sweep cannot make good if it comes later.
  const count = 50 + heard + (await untilHeard(world, 'heard-again'))
  await calm(world)
  console.log(`${await ended(world)} of ${count} sessions had ended before the sweep`)
  await world.sweep()
  await world.eventually('all have ended', async () => ((await ended(world)) === count ? true : undefined), 60)
  await expectAllRight(platform, world, { count, failures: 5, isKubeletKilled: true })
}

/** Makes sessions until events reach our functions again, and resolves with how many it took: those that came too early are left to the sweep. */
const untilHeard = async (world: World, prefix: string): Promise<number> => {
  for (let count = 1; ; count++) {
    const name = `${prefix}-${count}`
    await world.create(name, { runner: { seconds: 1 } })
    try {
      await phaseIs(world, name, 'Completed', 15)
      return count
    } catch (error) {
      if (count === 3) throw error
    }
  }
}

const EVENTING = 'knative-eventing'
const FILTERS = 'eventing.knative.dev/brokerRole=filter'
const DISPATCHER = 'messaging.knative.dev/channel=in-memory-channel,messaging.knative.dev/role=dispatcher'
/** By then the adapter has told the broker of everything. */
const HELD_SECONDS = 3

/** Resolves when nothing has changed for ten seconds. */
const calm = async (world: World): Promise<void> => {
  let before = ''
  let since = Date.now()
  await world.eventually('nothing changes', async () => {
    const now = (await world.versions()).join()
    if (now !== before) since = Date.now()
    before = now
    return Date.now() - since > 10_000 ? true : undefined
  })
}

/**
 * A hundred at once, and in the midst of them a new revision of every function, by `rollOut`; one more each second until those have all the traffic,
 * and then another. No sweep comes: what is lost stays lost.
 */
export const burstWithRollout = async (
  platform: Platform,
  world: World,
  rollOut: () => Promise<void>,
): Promise<void> => {
  const began = Date.now()
  await createMany(world, manyNames('burst', 100), 0.5)
  await world.eventually('some have ended', async () => ((await ended(world)) >= 20 ? true : undefined), 60)
  expect(await ended(world), 'sessions that have ended before the new revisions come').toBeLessThan(100)
  const old = await revisions(platform)
  const rollout = rollOut()
  let count = 100
  for (let isNew = false; !isNew; await world.wait(1)) {
    isNew = !(await revisions(platform)).some((name) => old.includes(name))
    await world.create(`amid-${count++}`, { runner: { seconds: 0.5 } })
  }
  await world.eventually('all have ended', async () => ((await ended(world)) === count ? true : undefined), 100)
  console.log(`${count} sessions in ${((Date.now() - began) / 1000).toFixed(0)} s`)
  await rollout
  expect(await sweepers(platform)).toBe(0)
  await expectAllRight(platform, world, { count, failures: 10 })
  // An event that was given up, and made good by its own dead letter, has been lost all the same.
  expect((await world.events()).filter(({ reason }) => reason === 'DeadLettered')).toEqual([])
}
