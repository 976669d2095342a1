import { beforeAll, describe, expect, test } from 'vitest'
import { podOf } from '../cluster/audit.ts'
import {
  DELETE_POD,
  FUNCTIONS,
  GRANTED_TO_SOURCE,
  grantedTo,
  isOfOurAccounts,
  refusalsOf,
  usable,
  usedBy,
} from '../cluster/permissions.ts'
import { eachDoorDoesEverything } from '../scenarios/every-door.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { burstWithRollout, everythingDies, oneFromZero } from './faults.ts'
import { install, loadOwnImages, type OwnImages } from './installation.ts'
import { aDeadLetterAbout } from './letters.ts'
import { lostNode } from './lost-node.ts'
import { thePlatform } from './platform.ts'
import { realPods } from './real-pods.ts'
import { bentRunners } from './runner-pods.ts'
import { letClockSweep, stopSweeperPods } from './sweeps.ts'
import { deliverTo } from './triggers.ts'
import { apiServerRestarts, makeNamespaces, notHere, worldIn } from './world.ts'

const platform = thePlatform()
const { api, kubectl } = platform
const SWEEPS = { sweepEveryMinutes: 2 }
let images: OwnImages

const all = [...scenarios, ...realPods, lostNode].map((scenario, index) => ({
  ...scenario,
  namespace: `scenario-${index}`,
}))
const others = ['from-zero', 'everything-dies', 'burst', 'all-doors', 'letters']

beforeAll(async () => {
  images = await loadOwnImages(platform)
  await install(platform, images, SWEEPS)
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: bentRunners })
  await kubectl('apply', '-f', '-', { stdin })
  await makeNamespaces(platform, [...all.map(({ namespace }) => namespace), ...others])
})

/** Those that look after projects as well. */
const ofProjects: readonly string[] = ['on-project-event', 'timeout-sweeper']

const world = (namespace: string) => worldIn(platform, namespace)

type Case = (typeof all)[number]

/** The longest waits for a node's controller, and for the collector of Pods. */
const PEACEFUL_MS = 600_000

/** Those that break nothing run beside one another. */
const isPeaceful = ({ needs = [] }: Case): boolean => needs.every((need) => need === 'admission policy')
/** Those that count what a sweep does, or does not, must be the only ones to sweep. */
const isSwept = ({ needs = [] }: Case): boolean => needs.includes('events lost')

/** No event about ProjectSettings gets lost here: on the control plane. */
const isOfLostSettings = (name: string, granted: string): boolean =>
  name === 'on-dead-letter' && granted.includes('projectsettings')

const runs = (cases: readonly Case[]): void => {
  for (const { name, namespace, needs = [], run } of cases) {
    const reasons = needs.flatMap((need) => notHere[need] ?? [])
    if (reasons.length > 0) test.skip(`${name} (not run here: ${reasons.join('; ')})`)
    else
      test(name, async () => {
        await run(world(namespace))
        await world(namespace).deliverEvents()
        await stopSweeperPods(platform)
      })
  }
}

describe.concurrent('a session that', () => {
  for (const { name, namespace, run } of all.filter(isPeaceful)) test(name, () => run(world(namespace)), PEACEFUL_MS)
})

describe('a session that', () => {
  runs(all.filter((each) => !isPeaceful(each) && !isSwept(each)))
})

describe('with the clock stopped, a session that', () => {
  beforeAll(() => letClockSweep(platform, false))
  runs(all.filter(isSwept))
})

describe('with the clock stopped', () => {
  test(
    'a session that comes while all functions sleep costs one cold start of each, and they sleep again',
    () => oneFromZero(platform, world('from-zero')),
    900_000,
  )

  test('every door can do all that a plan may ask for', async () => {
    const namespace = 'all-doors'
    const pathOf = (job: string) => `/apis/batch/v1/namespaces/${namespace}/jobs/${job}`
    await eachDoorDoesEverything(world(namespace), {
      deliverOnlyTo: (name) => deliverTo(platform, namespace, name === 'on-project-event' ? [] : [name]),
      holdJob: (job) => api.patch(pathOf(job), 'merge', { metadata: { finalizers: ['example.com/held'] } }),
      letJobGo: (job) => api.patch(pathOf(job), 'json', [{ op: 'remove', path: '/metadata/finalizers' }]),
    })
  })

  test('a dead letter wakes its function', () => aDeadLetterAbout(world('letters')))

  test(
    'a hundred sessions at once, and a new revision of all functions amid them: no event is lost',
    () => burstWithRollout(platform, world('burst'), () => install(platform, images, { ...SWEEPS, rollout: 'second' })),
    900_000,
  )

  test(
    'functions, dispatcher, API server and kubelet die amid a burst: one sweep later all sessions are right, none ran twice',
    () => everythingDies(platform, world('everything-dies')),
    900_000,
  )

  test('permissions are exact: every verb of every role was used, by the tokens of Pods, and none was refused', async () => {
    const events = platform.audit()
    expect(refusalsOf(events, apiServerRestarts)).toEqual([])
    for (const name of FUNCTIONS) {
      // What a node holds up is ended by force by whoever looks first: any of them.
      const [used, usual] = [
        usedBy(name, events).filter((verb) => verb !== DELETE_POD),
        (await usable(name, events)).filter((granted) => granted !== DELETE_POD && !isOfLostSettings(name, granted)),
      ]
      // Projects that lose their label or what they have are tried on the control plane: here each watch would begin anew.
      if (ofProjects.includes(name)) expect(usual, name).toEqual(expect.arrayContaining([...used]))
      else expect(used, name).toEqual(usual)
    }
    expect(grantedTo('source')).toEqual(GRANTED_TO_SOURCE)
    const watched = ['watch batch jobs', 'watch vteam.ambient-code agenticsessions']
    expect(usedBy('source', events)).toEqual(expect.arrayContaining(watched))
    // As the token of a Pod has it, which the kubelet asks for and the API server binds to that Pod.
    const withoutPod = events.filter((event) => isOfOurAccounts(event) && !podOf(event))
    expect(withoutPod).toEqual([])
  })
})
