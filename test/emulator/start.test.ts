import { GenericKind, K8s, RegisterKind } from 'kubernetes-fluent-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MeterReport } from '#emulator/meter.ts'
import { npmStart, type Started } from './npm-start.ts'

const SAMPLES = { hello: 'Completed', fails: 'Failed', 'times-out': 'Failed', 'stop-me': 'Stopped' }
const FUNCTIONS = ['on-dead-letter', 'on-job-event', 'on-session-event', 'timeout-sweeper']

describe('npm start -- --until-settled', () => {
  test('plays the samples to their ends, wakes every function from zero, and leaves none running', async () => {
    const { told, ended } = npmStart('--until-settled')
    expect(await ended).toEqual({ code: 0, stderr: '' })
    const phases = (name: string) =>
      told.flatMap(({ what, ref, object }) => {
        const { status } = (object ?? {}) as { status?: { phase?: string } }
        return what === 'change' && ref === `default/${name}` && status?.phase ? [status.phase] : []
      })
    for (const [name, end] of Object.entries(SAMPLES)) {
      expect(phases(name).at(0), name).toBe('Creating')
      expect(phases(name).at(-1), name).toBe(end)
    }
    // A runner that is quicker than a cold start of on-job-event is never seen running.
    expect(phases('stop-me')).toContain('Running')
    const { workloads, total } = told.at(-1) as unknown as MeterReport
    expect(total.instances).toBe(0)
    for (const name of FUNCTIONS) expect(workloads[`dormouse/${name}`]?.coldStarts, name).toBeGreaterThan(0)
  })
})

describe('with npm start running', () => {
  let started: Started
  beforeAll(async () => {
    started = npmStart('--no-samples')
    process.env['KUBECONFIG'] = await started.ready
  })
  afterAll(async () => {
    expect((await started.stop()).code).toBe(0)
  })

  class AgenticSession extends GenericKind {}
  RegisterKind(AgenticSession, {
    group: 'vteam.ambient-code',
    version: 'v1alpha1',
    kind: 'AgenticSession',
    plural: 'agenticsessions',
  })

  test('kubernetes-fluent-client takes a session through its life: created, watched, completed, started again, stopped, deleted', async () => {
    const client = K8s(AgenticSession).InNamespace('default')
    const phases: string[] = []
    const reached = new Map<string, () => void>()
    const watcher = K8s(AgenticSession, { namespace: 'default', name: 'fluent' }).Watch((session, phase) => {
      const seen =
        phase === 'DELETED'
          ? 'deleted'
          : String((session['status'] as { phase?: string } | undefined)?.phase ?? 'created')
      if (phases.at(-1) !== seen) phases.push(seen)
      reached.get(seen)?.()
    })
    await watcher.start()
    const next = (phase: string) => new Promise<void>((resolve) => void reached.set(phase, resolve))
    const running = next('Running')
    const spec = { initialPrompt: 'Hello', timeout: 60, environmentVariables: { RUNNER_SECONDS: '6' } }
    const completed = next('Completed')
    await K8s(AgenticSession).Apply({ metadata: { name: 'fluent', namespace: 'default' }, spec })
    await running
    await completed
    expect(phases).toEqual(['created', 'Creating', 'Running', 'Completed'])
    expect((await client.Get('fluent'))['status']).toMatchObject({ phase: 'Completed', attempt: 1 })

    const annotate = (value: string) =>
      K8s(AgenticSession, { namespace: 'default', name: 'fluent' }).Patch([
        { op: 'add', path: '/metadata/annotations', value: { 'ambient-code.io/desired-phase': value } },
      ])
    const again = next('Running')
    await annotate('Running')
    await again
    const stopped = next('Stopped')
    await annotate('Stopped')
    await stopped

    const gone = next('deleted')
    await K8s(AgenticSession, { namespace: 'default', name: 'fluent' }).Delete()
    await gone
    await expect(client.Get('fluent')).rejects.toMatchObject({ status: 404 })
    watcher.close()
  })
})
