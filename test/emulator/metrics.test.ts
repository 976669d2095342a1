import { expect, test } from 'vitest'
import { phaseIs } from '../scenarios/world.ts'
import { createEmulatorWorld } from './world.ts'

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
