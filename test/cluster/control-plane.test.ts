import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, JobCondition } from 'kubernetes-types/batch/v1.d.ts'
import type { PodList, PodStatus } from 'kubernetes-types/core/v1.d.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError } from './api-client.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { aJob, type Sink, startSink } from './fixtures.ts'
import { startNodeStandIn } from './node-stand-in.ts'
import { type ReceiveAdapter, startReceiveAdapter } from './receive-adapter.ts'

const JOBS = '/apis/batch/v1/namespaces/default/jobs'
const EVENTUALLY = { timeout: 20_000, interval: 50 }
/** Controllers and adapters whose API server was away pause between attempts, in the end for a minute. */
const IN_THE_END = { timeout: 90_000, interval: 500 }

let controlPlane: ControlPlane
let sink: Sink
let adapter: ReceiveAdapter

beforeAll(async () => {
  controlPlane = await startControlPlane()
  await startNodeStandIn(controlPlane)
  sink = await startSink()
  const resources = [{ group: 'batch', version: 'v1', resource: 'jobs' }]
  adapter = await startReceiveAdapter(controlPlane, { name: 'jobs', sink: sink.url, resources })
})

afterAll(async () => {
  await controlPlane?.stop()
  sink?.close()
})

const post = (job: Job): Promise<Job> => controlPlane.api.post<Job>(JOBS, job)

const conditionOf = async (name: string): Promise<JobCondition | undefined> => {
  const { status } = await controlPlane.api.get<Job>(`${JOBS}/${name}`)
  return status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
}

const podStatusOf = async (job: string): Promise<PodStatus | undefined> => {
  const path = `/api/v1/namespaces/default/pods?labelSelector=batch.kubernetes.io/job-name=${job}`
  return (await controlPlane.api.get<PodList>(path)).items[0]?.status
}

const isThere = async (path: string): Promise<boolean> => {
  try {
    await controlPlane.api.get(path)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return false
    throw error
  }
}

const eventsOf = (name: string) => sink.received.filter(({ headers }) => headers['ce-name'] === name)

const isSent = (name: string, condition: string) => () =>
  eventsOf(name).some(({ body }) => body.status?.conditions?.some(({ type }) => type === condition))

describe('a Job on the stand-in for a node', () => {
  test('completes when its Pod ends with 0', async () => {
    await post(aJob('good', { seconds: '0.2' }))
    await expect.poll(() => conditionOf('good'), EVENTUALLY).toMatchObject({ type: 'Complete', status: 'True' })
    expect(await podStatusOf('good')).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Ready', status: 'False', reason: 'PodCompleted' }),
      ]),
    })
  })

  test('fails with BackoffLimitExceeded when its Pod ends with 3', async () => {
    await post(aJob('bad', { 'exit-code': '3' }))
    const failed = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }
    await expect.poll(() => conditionOf('bad'), EVENTUALLY).toMatchObject(failed)
    const ended = { state: { terminated: { exitCode: 3, reason: 'Error' } } }
    expect(await podStatusOf('bad')).toMatchObject({ phase: 'Failed', containerStatuses: [ended] })
  })

  test('fails when its Pod is killed for its memory', async () => {
    await post(aJob('greedy', { fault: 'OOMKilled' }))
    await expect.poll(() => conditionOf('greedy'), EVENTUALLY).toMatchObject({ type: 'Failed' })
    const ended = { state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }
    expect(await podStatusOf('greedy')).toMatchObject({ containerStatuses: [ended] })
  })

  test('takes its wishes from the environment of its first container', async () => {
    const job = aJob('environment')
    const container = job.spec?.template.spec?.containers[0]
    if (container) container.env = [{ name: 'RUNNER_EXIT_CODE', value: '4' }]
    await post(job)
    const ended = { state: { terminated: { exitCode: 4 } } }
    await expect.poll(() => podStatusOf('environment'), EVENTUALLY).toMatchObject({ containerStatuses: [ended] })
  })

  test('stays unscheduled', async () => {
    await post(aJob('homeless', { fault: 'Unschedulable' }))
    const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }
    await expect
      .poll(() => podStatusOf('homeless'), EVENTUALLY)
      .toMatchObject({
        phase: 'Pending',
        conditions: expect.arrayContaining([expect.objectContaining(unscheduled)]),
      })
  })

  test('waits for its image, and ends when deleted', async () => {
    await post(aJob('imageless', { fault: 'ImagePullBackOff' }))
    const waiting = { state: { waiting: { reason: 'ImagePullBackOff' } } }
    await expect.poll(() => podStatusOf('imageless'), EVENTUALLY).toMatchObject({ containerStatuses: [waiting] })
    await controlPlane.kubectl('delete', 'job', 'imageless')
    await expect.poll(() => podStatusOf('imageless'), EVENTUALLY).toBeUndefined()
  })

  test('is told what is wrong with its wishes', async () => {
    await post(aJob('wishful', { fault: 'Earthquake' }))
    const message = 'fault is "Earthquake": want one of Unschedulable, ImagePullBackOff, OOMKilled, Unresponsive'
    const waiting = { state: { waiting: { reason: 'CreateContainerConfigError', message } } }
    await expect.poll(() => podStatusOf('wishful'), EVENTUALLY).toMatchObject({ containerStatuses: [waiting] })
  })

  test('takes its running Pod along when deleted', async () => {
    await post(aJob('long', { seconds: '600' }))
    await expect.poll(() => podStatusOf('long'), EVENTUALLY).toMatchObject({ phase: 'Running' })
    await controlPlane.kubectl('delete', 'job', 'long')
    await expect.poll(() => podStatusOf('long'), EVENTUALLY).toBeUndefined()
  })

  test('is one of a hundred that all complete', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `burst-${index}`)
    await Promise.all(names.map((name) => post(aJob(name))))
    const finished = async () => Promise.all(names.map(async (name) => (await conditionOf(name))?.type))
    await expect.poll(finished, { ...EVENTUALLY, timeout: 60_000, interval: 500 }).toEqual(names.map(() => 'Complete'))
  })
})

describe('the controllers', () => {
  test('delete what a deleted owner owned', async () => {
    const configMaps = '/api/v1/namespaces/default/configmaps'
    const owner = await controlPlane.api.post<Job>(configMaps, { metadata: { name: 'owner' } })
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata?.uid }
    await controlPlane.api.post(configMaps, { metadata: { name: 'owned', ownerReferences: [reference] } })
    await controlPlane.api.delete(`${configMaps}/owner`)
    await expect.poll(() => isThere(`${configMaps}/owned`), EVENTUALLY).toBe(false)
  })

  test('delete a Job when its ttlSecondsAfterFinished is over', async () => {
    await post(aJob('brief', { seconds: '0' }, { ttlSecondsAfterFinished: 1 }))
    await expect.poll(() => isThere(`${JOBS}/brief`), EVENTUALLY).toBe(false)
  })

  test('finish the deletion of a namespace with all in it', async () => {
    await controlPlane.kubectl('create', 'namespace', 'doomed')
    const serviceAccount = '/api/v1/namespaces/doomed/serviceaccounts/default'
    await expect.poll(() => isThere(serviceAccount), EVENTUALLY).toBe(true)
    await controlPlane.api.post('/apis/batch/v1/namespaces/doomed/jobs', aJob('tenant', { seconds: '600' }))
    await controlPlane.kubectl('delete', 'namespace', 'doomed', '--wait=false')
    await expect.poll(() => isThere('/api/v1/namespaces/doomed'), IN_THE_END).toBe(false)
  })
})

describe('the receive adapter', () => {
  test('posts every change of a Job, in order', async () => {
    await post(aJob('told'))
    await expect.poll(isSent('told', 'Complete'), EVENTUALLY).toBe(true)
    const events = eventsOf('told')
    expect(events.map(({ headers }) => headers['ce-type'])).toEqual([
      'dev.knative.apiserver.resource.add',
      ...events.slice(1).map(() => 'dev.knative.apiserver.resource.update'),
    ])
    const versions = events.map(({ body }) => Number(body.metadata?.resourceVersion))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(events[0]?.headers).toMatchObject({
      'ce-specversion': '1.0',
      'ce-source': controlPlane.server,
      'ce-subject': '/apis/batch/v1/namespaces/default/jobs/told',
      'ce-apiversion': 'batch/v1',
      'ce-kind': 'Job',
      'ce-name': 'told',
      'ce-namespace': 'default',
      'ce-id': expect.any(String),
      'ce-time': expect.any(String),
      'kn-namespace': 'default',
      'content-type': 'application/json',
    })
  })

  test('is ready when the first change after its start is told', async () => {
    const resources = [{ group: 'batch', version: 'v1', resource: 'jobs', selector: 'told=apart' }]
    const second = await startSink()
    const options = { name: 'apart', sink: second.url, resources, namespaces: ['default', 'kube-public'] }
    const apart = await startReceiveAdapter(controlPlane, options)
    const job = aJob('apart', { fault: 'Unschedulable' })
    await post({ ...job, metadata: { name: 'apart', labels: { told: 'apart' } } })
    await expect.poll(() => second.received[0]?.headers['ce-type'], EVENTUALLY).toMatch(/\.add$/)
    expect(second.received.every(({ headers }) => headers['ce-name'] === 'apart')).toBe(true)
    await apart.kill()
    second.close()
  })

  test('watches as a ServiceAccount of its own', () => {
    const users = controlPlane.openedWatches().filter(({ objectRef }) => objectRef?.resource === 'jobs')
    expect(users.map(({ user }) => user.username)).toContain('system:serviceaccount:default:receive-adapter-jobs')
  })
})

describe.each(['SIGTERM', 'SIGKILL'] as const)('after a restart of the API server by %s', (signal) => {
  test('Jobs run, and are told again once the adapter has found its way back', async () => {
    const prefix = `after-${signal.toLowerCase()}-`
    const isTold = () => sink.received.some(({ headers }) => String(headers['ce-name']).startsWith(prefix))
    await controlPlane.restartApiServer(signal)
    await post(aJob(`${prefix}first`))
    await expect.poll(() => conditionOf(`${prefix}first`), IN_THE_END).toMatchObject({ type: 'Complete' })
    // Its watch may have to begin anew, and what happens until then it never tells: hence more than one Job.
    const postAndLook = async (): Promise<boolean> => {
      await post(aJob(`${prefix}${Date.now()}`))
      return isTold()
    }
    await expect.poll(postAndLook, IN_THE_END).toBe(true)
    expect(adapter.isRunning()).toBe(true)
  })
})

describe('a ServiceAccount', () => {
  test('has a folder as in a Pod, whose token the API server knows', async () => {
    const folder = await controlPlane.serviceAccountDirectory('default', 'default')
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
    expect(read('namespace')).toBe('default')
    expect(read('ca.crt')).toContain('BEGIN CERTIFICATE')
    const answer = await controlPlane.kubectl('auth', 'whoami', `--token=${read('token')}`, '-o=jsonpath={.status}')
    expect(answer).toContain('system:serviceaccount:default:default')
  })
})

describe('nothing is left', () => {
  // A zombie counts as gone: in a container nobody may wait for orphans.
  const isAlive = (pid: number): boolean => {
    try {
      return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z')
    } catch {
      return false
    }
  }

  test('of a start that fails, whose error ends with the log of what failed', async () => {
    const error = await startControlPlane({ apiServerArgs: ['--no-such-flag'] }).catch(String)
    expect(error).toMatch(/kube-apiserver ended \(exit code 1\) before it was ready.*unknown flag: --no-such-flag/s)
    const [, dir = ''] = /the end of (.*)\/logs/.exec(String(error)) ?? []
    expect(dir).toContain('dormouse-control-plane-')
    expect(existsSync(dir)).toBe(false)
  })

  test('when the test process is killed', async () => {
    const script = `
      const { startControlPlane } = await import('${join(import.meta.dirname, 'control-plane.ts')}')
      const { pids, dir } = await startControlPlane()
      process.stdout.write(JSON.stringify({ pids: pids(), dir }))
      setInterval(() => undefined, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    const [printed] = await once(child.stdout, 'data')
    const { pids, dir } = JSON.parse(String(printed)) as { pids: number[]; dir: string }
    expect(pids.filter(isAlive)).toHaveLength(3)
    child.kill('SIGKILL')
    await expect.poll(() => pids.filter(isAlive), EVENTUALLY).toEqual([])
    await expect.poll(() => existsSync(dir), EVENTUALLY).toBe(false)
  })

  test('when the control plane is stopped', async () => {
    const pids = [...controlPlane.pids(), adapter.pid]
    expect(pids.filter(isAlive)).toHaveLength(4)
    await controlPlane.stop()
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(controlPlane.dir)).toBe(false)
  })
})
