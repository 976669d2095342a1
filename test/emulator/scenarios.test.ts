import { describe, test } from 'vitest'
import { eachProjectDoorDoesEverything, projectScenarios } from '../scenarios/projects.ts'
import { scenarios } from '../scenarios/scenarios.ts'
import { createEmulatorWorld, faultsHere } from './world.ts'

describe('on the embedded control plane, a session that', () => {
  scenarios.forEach(({ name, needs = [], run }, index) => {
    const missing = needs.filter((fault) => !faultsHere.includes(fault))
    test.skipIf(missing.length > 0)(name, async () => run(await createEmulatorWorld(`scenario-${index}`, index + 1)))
  })
})

describe('on the embedded control plane, a project that', () => {
  projectScenarios.forEach(({ name, needs = [], run }, index) => {
    const missing = needs.filter((fault) => !faultsHere.includes(fault))
    test.skipIf(missing.length > 0)(name, async () => run(await createEmulatorWorld(`project-${index}`, index + 1)))
  })

  test('needs any part of the plan gets it through either door', async () =>
    eachProjectDoorDoesEverything(await createEmulatorWorld('project-doors')))
})
