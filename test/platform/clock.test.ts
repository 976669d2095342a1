import { afterAll, beforeAll, expect, test } from 'vitest'
import { podOf } from '../cluster/audit.ts'
import { isOurs } from '../cluster/permissions.ts'
import { conditionOf } from '../scenarios/world.ts'
import { eventually } from './eventually.ts'
import { installed } from './installed.ts'
import { thePlatform } from './platform.ts'
import { removeTriggers } from './remove-triggers.ts'
import { letClockSweep, sweepers } from './sweeps.ts'
import { makeNamespaces, worldIn } from './world.ts'

const WINDOWS = 3
const SWEEP_MINUTES = 2
/** The period, KEDA's polling interval, and half a minute for the Pod's start and the sweep on a busy node. */
const BOUND_SECONDS = SWEEP_MINUTES * 60 + 10 + 30
/** So that each ends in, or after, a window of its own. */
const TIMEOUTS = [30, 150, 270]
const nameOf = (i: number): string => `late-${i}`
const NAMES = TIMEOUTS.map((_, i) => nameOf(i))
const OF_SESSIONS = ['agenticsessions', 'events', 'jobs', 'pods']
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection']

const platform = thePlatform()
const NAMESPACE = 'clock'
const TRIGGERS = '/apis/eventing.knative.dev/v1/triggers'

type Names = { readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace: string } }[] }

const ourTriggers = async (): Promise<readonly string[]> => {
  const { items } = await platform.api.get<Names>(TRIGGERS)
  return items.filter(({ metadata }) => metadata.namespace === 'dormouse').map(({ metadata }) => metadata.name)
}

beforeAll(async () => {
  await installed(platform, { sweepEveryMinutes: SWEEP_MINUTES })
  await makeNamespaces(platform, [NAMESPACE])
  await removeTriggers(platform, await ourTriggers())
  await letClockSweep(platform, false)
})

afterAll(async () => {
  await platform.kubectl('delete', 'namespace', NAMESPACE)
  await installed(platform)
})

test('with all Triggers removed, the sweeper that the clock wakes starts sessions and ends them at their deadlines, within the bound, in three windows from zero to zero', async () => {
  const world = worldIn(platform, NAMESPACE)
  expect(await ourTriggers()).toEqual([])
  await Promise.all(
    TIMEOUTS.map((timeout, i) => world.create(nameOf(i), { spec: { timeout }, runner: { seconds: 900 } })),
  )
  const seen = new Map<string, number>()
  const from = Date.now()
  await letClockSweep(platform, true)
  let windows = 0
  let isOpen = false
  await eventually(
    `there were ${WINDOWS} windows, and all sessions have ended`,
    async () => {
      const now = await sweepers(platform)
      if (now === 0 && isOpen) windows++
      isOpen = now > 0
      for (const { metadata, status } of await world.sessions())
        if (status?.phase === 'Failed' && !seen.has(metadata.name)) seen.set(metadata.name, Date.now())
      return windows >= WINDOWS && seen.size === NAMES.length ? true : undefined
    },
    660,
  )

  const jobs = await world.jobs()
  expect(jobs.flatMap(({ metadata }) => metadata.ownerReferences?.map(({ name }) => name)).sort()).toEqual(NAMES)
  for (const { metadata, status } of jobs) {
    const name = metadata.ownerReferences?.[0]?.name ?? ''
    const end = status?.conditions?.find(({ type }) => type === 'Failed')?.lastTransitionTime
    const started = secondsBetween(from, timeOf(metadata.creationTimestamp))
    const late = secondsBetween(timeOf(end), seen.get(name) ?? Number.NaN)
    console.log(`${name}: started after ${started.toFixed(0)} s, its end noticed after ${late.toFixed(0)} s`)
    expect(started).toBeLessThan(BOUND_SECONDS)
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(BOUND_SECONDS)
  }
  for (const session of await world.sessions())
    expect(conditionOf(session, 'Ready')).toMatchObject({ reason: 'DeadlineExceeded' })

  // Before that the namespace was made into a project, by events.
  const requests = platform
    .audit()
    .filter(
      (event) =>
        isOurs(event) && event.objectRef?.namespace === NAMESPACE && Date.parse(event.requestReceivedTimestamp) >= from,
    )
  expect(new Set(requests.map(({ user }) => user.username))).toEqual(
    new Set(['system:serviceaccount:dormouse:timeout-sweeper']),
  )
  // By KEDA's own Pods: those that tests start as sweepers are named otherwise.
  const pods = requests.map((request) => podOf(request) ?? '')
  expect(pods.filter((name) => !name.startsWith('timeout-sweeper-'))).toEqual([])
  const writes = requests.flatMap(({ verb, objectRef }) =>
    WRITES.includes(verb) && OF_SESSIONS.includes(objectRef?.resource ?? '') ? [`${verb} ${objectRef?.resource}`] : [],
  )
  expect(new Set(writes)).toEqual(new Set(['create jobs', 'create events', 'patch agenticsessions']))
  expect(writes.filter((line) => line === 'create jobs')).toHaveLength(NAMES.length)
}, 780_000)

/** Of a time that an object tells; not a number where it tells none. */
const timeOf = (text: string | undefined): number => Date.parse(text ?? '')

const secondsBetween = (one: number, other: number): number => (other - one) / 1000
