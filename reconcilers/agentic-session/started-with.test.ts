import { describe, expect, it } from 'vitest'
import { aJob, aSession } from './fixtures.ts'
import { afterPlan, conditionOf } from './plan-fixtures.ts'
import type { Spec } from './schema.ts'

const spec = { repos: [{ url: 'https://git.example/a' }] } as const satisfies Spec
const job = aJob({ session: aSession({ spec }), isReady: true })
const running = (now: Spec, status = {}) =>
  afterPlan({ session: aSession({ phase: 'Running', spec: now, status }), job })

describe('a runner that was started with another spec', () => {
  it.each<[string, Spec, string]>([
    ['has one repository more', { repos: [...spec.repos, { url: 'https://git.example/b' }] }, 'spec.repos'],
    ['has none any more', {}, 'spec.repos'],
    ['has a workflow now', { ...spec, activeWorkflow: { gitUrl: 'https://git.example/w' } }, 'spec.activeWorkflow'],
    ['has MCP servers now', { ...spec, mcpServers: { disabled: ['x'] } }, 'spec.mcpServers'],
  ])('is told of where it %s', (_, now, field) => {
    expect(conditionOf(running(now).status, 'Reconciled')).toMatchObject({
      status: 'False',
      reason: 'RestartNeeded',
      message: expect.stringMatching(`^${field} changed`),
    })
  })

  it('is not told of where the change is none of its business', () => {
    expect(conditionOf(running({ ...spec, displayName: 'new' }).status, 'Reconciled')).toBeUndefined()
  })

  it('is told of no longer once the spec is what it was', () => {
    const changed = running({})
    const session = { ...changed, spec }
    expect(conditionOf(afterPlan({ session, job }).status, 'Reconciled')).toMatchObject({
      status: 'True',
      reason: 'SpecApplied',
    })
  })

  it('is not told of where somebody else made the Job', () => {
    const { spec: _, ...unlike } = job
    const { status } = afterPlan({ session: aSession({ phase: 'Running' }), job: unlike })
    expect(conditionOf(status, 'Reconciled')).toBeUndefined()
  })
})
