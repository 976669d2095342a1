import { expect, test } from 'vitest'
import type { WatchEvent } from '#emulator/api-server/types.ts'
import { factsOf } from '#reconcilers/agentic-session/job.ts'
import type { AgenticSession, Phase } from '#reconcilers/agentic-session/schema.ts'
import type { Live } from '#sdk/index.ts'
import { createAggregator } from '#test/aggregator.ts'
import { type NewSession, phaseIs } from '../scenarios/world.ts'
import { createEmulatorWorld } from './world.ts'

const sessions = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const pods = { apiVersion: 'v1', plural: 'pods' }
const HOME = 'dormouse'
const SESSIONS = 50

/** How many phases each session went through, as the API server tells it, added up as the metrics have it. */
const createTruth = (namespace: string) => {
  const phases = new Map<string, string>()
  const sums = new Map<string, number>()
  const add = (key: string) => sums.set(key, (sums.get(key) ?? 0) + 1)
  return {
    sums: sums as ReadonlyMap<string, number>,
    see: ({ object }: WatchEvent) => {
      const { metadata, status } = object as unknown as Live<AgenticSession> // as its kind says
      const { uid } = metadata
      const { phase } = status ?? {}
      const from = phases.get(uid)
      if (phase === undefined || phase === from) return
      phases.set(uid, phase)
      if (from === undefined) add(`ambient_sessions_total{namespace="${namespace}"}`)
      if (['Stopped', 'Failed', 'Completed'].includes(phase))
        add(`ambient_sessions_completed_total{namespace="${namespace}",final_phase="${phase}"}`)
      add(
        `ambient_session_phase_transitions_total{namespace="${namespace}",from_phase="${from ?? 'None'}",to_phase="${phase}"}`,
      )
    },
  }
}

/** One that completes, one that fails, one that is stopped, one that fails twice, one that is started again. */
const lives: readonly (NewSession & {
  readonly after?: { readonly at: Phase; readonly ask: 'Running' | 'Stopped' }
})[] = [
  {},
  { runner: { seconds: 5, exitCode: 1 } },
  { runner: { seconds: 600 }, after: { at: 'Running', ask: 'Stopped' } },
  { runner: { seconds: 5, exitCode: 1 }, spec: { backoffLimit: 1 } },
  { after: { at: 'Completed', ask: 'Running' } },
]

test('fifty sessions through instances that scale to zero between them leave counters at the aggregator that equal the truth', async () => {
  const aggregator = createAggregator()
  const at: number[] = []
  const namespace = 'counted'
  const { platform, ...world } = await createEmulatorWorld(namespace, 1, {
    post: async (url, body) => {
      at.push(aggregator.take(new URL(url).pathname, body))
      return { pushed: 'taken' }
    },
  })
  const { admin, clock } = platform
  // Longer than any instance lives: all pushes are last ones.
  const config = { METRICS_PUSH_URL: 'http://aggregator', METRICS_PUSH_INTERVAL_SECONDS: '3600' }
  admin.patch({ apiVersion: 'v1', plural: 'configmaps' }, { namespace: HOME, name: 'dormouse' }, { data: config })
  const truth = createTruth(namespace)
  admin.follow(sessions, truth.see)
  const asleep = () => clock.until('nobody is awake', () => admin.list(pods, { namespace: HOME }).length === 0, 600_000)

  await asleep()
  for (let round = 0; round < SESSIONS / lives.length; round++) {
    const before = aggregator.pushes()
    await world.deliverEvents({ twice: round % 2 === 0 })
    await Promise.all(lives.map(({ after: _, ...life }, index) => world.create(`s-${round}-${index}`, life)))
    for (const [index, { after }] of lives.entries()) {
      if (!after) continue
      await phaseIs(world, `s-${round}-${index}`, after.at)
      await world.annotate(`s-${round}-${index}`, { 'ambient-code.io/desired-phase': after.ask })
    }
    await asleep()
    expect(aggregator.pushes()).toBeGreaterThan(before)
  }

  const isCounted = (key: string) =>
    /^ambient_(sessions_total|sessions_completed_total|session_phase_transitions_total)/.test(key)
  const counted = [...aggregator.sums].filter(([key]) => isCounted(key)).toSorted()
  expect(counted).toEqual([...truth.sums].toSorted())
  expect(aggregator.sums.get(`ambient_sessions_total{namespace="${namespace}"}`)).toBe(SESSIONS)
  const errors = `ambient_session_errors_total{namespace="${namespace}",phase="Running",error_type="RunnerExit"}`
  expect(aggregator.sums.get(errors)).toBe((3 * SESSIONS) / lives.length)
  const started = truth.sums.get(
    `ambient_session_phase_transitions_total{namespace="${namespace}",from_phase="Creating",to_phase="Running"}`,
  )
  expect(aggregator.sums.get(`ambient_session_startup_duration_seconds_count{namespace="${namespace}"}`)).toBe(started)
  expect(new Set(at)).toEqual(new Set([202]))
})

test('sessions that fare well leave no line that looks like trouble in any log, and an Event for each thing that happened', async () => {
  const lines: string[] = []
  const { platform, ...world } = await createEmulatorWorld('healthy', 2, { onLine: (text) => void lines.push(text) })
  await world.create('completes', { runner: { seconds: 5 } })
  await world.create('rests', { runner: { seconds: 600 } })
  await phaseIs(world, 'rests', 'Running')
  await world.annotate('rests', { 'ambient-code.io/desired-phase': 'Stopped' })
  await phaseIs(world, 'rests', 'Stopped', 120)
  await world.annotate('rests', { 'ambient-code.io/desired-phase': 'Running' })
  await phaseIs(world, 'rests', 'Running')
  // From which startups are measured, however late they are noticed.
  for (const job of await world.jobs()) expect(factsOf(job).statusAt).toBeInstanceOf(Date)
  await phaseIs(world, 'completes', 'Completed')
  await world.sweep()
  await world.delete('rests')
  await world.wait(120)

  expect(lines.length).toBeGreaterThan(10)
  expect(lines.filter((line) => /error|exception|fail/i.test(line))).toEqual([])
  const told = async (name: string) =>
    (await world.events())
      .filter(({ involvedObject }) => involvedObject.kind === 'AgenticSession' && involvedObject.name === name)
      .map(({ type, reason, count }) => `${type} ${reason} ${count}`)
  expect(await told('completes')).toEqual(['Normal Creating 1', 'Normal Running 1', 'Normal Completed 1'])
  expect(await told('rests')).toEqual([
    'Normal Creating 1',
    'Normal Running 1',
    'Normal Stopping 1',
    'Normal UserStopped 1',
    'Normal Restarting 1',
    'Normal Creating 1',
    'Normal Running 1',
  ])
})
