import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { GenericKind, K8s, RegisterKind } from 'kubernetes-fluent-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MeterReport } from '#emulator/meter.ts'
import { kubectlPath, outputOf, startKubectl } from './kubectl.ts'
import { npmStart, npmStartByNpm, type Started } from './npm-start.ts'

const SAMPLES = { hello: 'Completed', fails: 'Failed', 'times-out': 'Failed', 'stop-me': 'Stopped' }
const FUNCTIONS = ['on-dead-letter', 'on-job-event', 'on-project-event', 'on-session-event', 'timeout-sweeper']

// Most of it is waiting: it plays while the others are tried.
const settling = npmStart('--until-settled')

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

  const command = kubectlPath()
  const why = command === undefined ? ' (skipped: kubectl is neither in KUBEBUILDER_ASSETS nor on the PATH)' : ''

  test.skipIf(command === undefined)(`kubectl sees a session's whole life${why}`, async () => {
    const kubeconfig = await started.ready
    const start = (given: string, stdin?: object) =>
      startKubectl(command ?? '', given, { kubeconfig, cacheDir: join(dirname(kubeconfig), 'cache'), stdin })
    const kubectl = async (given: string, stdin?: object) => outputOf(given, await start(given, stdin).ended)
    const spec = { initialPrompt: 'Hello from kubectl', timeout: 60, environmentVariables: { RUNNER_SECONDS: '6' } }
    const session = {
      apiVersion: 'vteam.ambient-code/v1alpha1',
      kind: 'AgenticSession',
      metadata: { name: 'seen' },
      spec,
    }

    const watch = start('get agenticsessions -w')
    expect(await kubectl('apply -f -', session)).toBe('agenticsession.vteam.ambient-code/seen created\n')
    await kubectl('wait agenticsession/seen --for=jsonpath={.status.phase}=Running --timeout=30s')
    const job = (await kubectl('get agenticsession seen -o jsonpath={.status.jobName}')).trim()
    expect(await kubectl('get jobs')).toMatch(new RegExp(`${job} +Running +0/1`))
    expect(await kubectl(`get pods -l job-name=${job} -o wide`)).toMatch(/1\/1 +Running +0 .* emulator/)
    const logs = start(`logs -f job/${job}`)
    await logs.until(/prompt: Hello from kubectl/)
    await kubectl(`wait job/${job} --for=condition=Complete --timeout=30s`)
    expect((await logs.ended).out).toContain('done')
    await watch.until(/Completed/)
    watch.stop()
    expect(await kubectl('get agenticsession seen')).toMatch(/NAME +PHASE .*\nseen +Completed/)
    expect(await kubectl('describe agenticsession seen')).toContain('Phase:')
    expect(await kubectl(`describe job ${job}`)).toMatch(
      /SuccessfulCreate[\s\S]*Completed +.*job-controller +Job completed/,
    )
    expect(await kubectl(`describe pod -l job-name=${job}`)).toMatch(/Scheduled[\s\S]*Started/)
    expect(await kubectl('get events --field-selector reason=SuccessfulCreate')).toContain(job)

    const token = (await kubectl('create token on-job-event -n dormouse')).trim()
    const asFunction = await start(`--token=${token} delete configmap kube-root-ca.crt`).ended
    expect(asFunction.err).toContain(
      'User "system:serviceaccount:dormouse:on-job-event" cannot delete resource "configmaps"',
    )
    const account = 'system:serviceaccount:dormouse:on-job-event'
    expect((await start(`auth can-i delete configmaps --as=${account}`).ended).out).toBe('no\n')
    expect(await kubectl(`auth can-i create jobs --as=${account}`)).toBe('yes\n')

    await kubectl('delete agenticsession seen --wait')
    await kubectl(`wait pod -l job-name=${job} --for=delete --timeout=30s`)
    expect(await kubectl('get jobs -o name')).not.toContain(job)
    expect(await kubectl('get services.serving.knative.dev -n dormouse')).toMatch(/on-session-event .* True/)
  })
})

describe('npm start -- --until-settled', () => {
  test('plays the samples to their ends, wakes every function from zero, and leaves none running', async () => {
    const { told, ended } = settling
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

describe('npm start', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('ends with npm, when that ends by %s', async (signal) => {
    const started = npmStartByNpm('--no-samples')
    const kubeconfig = await started.ready
    const url = started.told.find(({ what }) => what === 'ready')?.['url']
    started.kill(signal)
    await expect.poll(() => existsSync(dirname(kubeconfig)), { timeout: 10_000 }).toBe(false)
    const { port } = new URL(String(url))
    const socket = connect(Number(port), '127.0.0.1')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })
})
