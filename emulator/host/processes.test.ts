import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Container, ContainerReport, ContainerStart } from '../pod-runner.ts'
import { type ProcessRunner, type ProcessRunnerOptions, processRunner } from './processes.ts'

let directory = ''
let runners: ProcessRunner[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'processes-'))
})
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.close()))
  runners = []
  rmSync(directory, { recursive: true, force: true })
})

const server = `
const { createServer } = require('node:http')
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => { body += chunk })
  request.on('end', () => {
    if (request.url === '/die') process.exit(9)
    response.setHeader('x-path', request.url)
    response.statusCode = 201
    response.end(request.method + ' ' + body + ' ' + request.headers['ce-id'])
  })
})
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'))
`

const aContainer = (fields: Partial<ContainerStart> = {}, spec: object = {}): ContainerStart => ({
  pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a-pod', namespace: 'default', uid: 'a-uid' }, spec },
  name: 'main',
  image: 'node',
  command: [],
  args: [],
  env: {},
  ...fields,
})

/** Runs a script, and tells what was reported, as it comes. */
function start(script: string, options: Partial<ProcessRunnerOptions> = {}, container = aContainer()) {
  const images = { node: () => ({ command: process.execPath, args: ['-e', script] }) }
  const runner = processRunner({ images, directory, ...options })
  runners.push(runner)
  const reports: ContainerReport[] = []
  let wake = (): void => undefined
  const running = runner.start(container, (report) => {
    reports.push(report)
    wake()
  })
  expect(reports).toEqual([])
  const reported = async (count: number): Promise<ContainerReport | undefined> => {
    while (reports.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return reports[count - 1]
  }
  return { runner, running, reports, reported }
}

const logged = (container: Container, text: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (container.logs().some((line) => line.text === text)) resolve()
    }
    container.onLog(look)
    look()
  })

const aRequest = { method: 'POST', path: '/a?b=c', headers: { 'ce-id': '7' }, body: 'hello' }

test('runs a process, sends requests to its port, and reports its end', async () => {
  const { running, reports, reported } = start(server)
  await expect(running.send(aRequest)).rejects.toThrow('connection refused')
  expect(await reported(1)).toEqual({ state: 'running' })
  await logged(running, 'listening')
  const answers = await Promise.all([running.send(aRequest), running.send(aRequest)])
  for (const answer of answers)
    expect(answer).toEqual({
      status: 201,
      headers: { 'x-path': '/a?b=c', date: expect.any(String) as string, 'content-length': '12' },
      body: 'POST hello 7',
    })
  await expect(running.send({ ...aRequest, path: '/die' })).rejects.toThrow()
  expect(await reported(2)).toMatchObject({ state: 'terminated', exitCode: 9, reason: 'Error' })
  await expect(running.send(aRequest)).rejects.toThrow('connection refused')
  expect(reports).toHaveLength(2)
})

test('an image that is not there cannot be pulled, nor one that cannot be prepared', async () => {
  const { reported } = start('', {}, aContainer({ image: 'nope' }))
  expect(await reported(1)).toEqual({
    state: 'waiting',
    reason: 'ErrImagePull',
    message:
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nope:latest": failed to resolve reference "docker.io/library/nope:latest": docker.io/library/nope:latest: not found',
  })
  const other = start('', { prepare: () => Promise.reject(new Error('it does not build')) })
  expect(await other.reported(1)).toEqual({ state: 'waiting', reason: 'ErrImagePull', message: 'it does not build' })
})

test('a command that is not there does not start', async () => {
  const images = { node: () => ({ command: '/no/such/thing', args: [] }) }
  const { reports, reported } = start('', { images })
  expect(await reported(1)).toMatchObject({ state: 'terminated', exitCode: 128, reason: 'StartError' })
  expect(reports).toHaveLength(1)
})

test('a process has the environment of its container and no other', async () => {
  process.env['OF_THE_PARENT'] = 'secret'
  const images = {
    node: ({ args }: ContainerStart) => ({
      command: process.execPath,
      args: ['-e', 'console.log(JSON.stringify(process.env))', ...args],
      env: { B: 'ours' },
    }),
  }
  const container = aContainer({ env: { A: 'a', B: 'b', PORT: '8080' } })
  const { running, reported } = start('', { images }, container)
  expect(await reported(2)).toEqual({ state: 'terminated', exitCode: 0, reason: 'Completed' })
  delete process.env['OF_THE_PARENT']
  const env = JSON.parse(running.logs()[0]?.text ?? '') as Record<string, string>
  expect(env).toMatchObject({ A: 'a', B: 'ours', HOST: '127.0.0.1', HOSTNAME: 'a-pod' })
  expect(env['PORT']).not.toBe('8080')
  expect(
    Object.keys(env)
      .sort()
      .filter((key) => !key.startsWith('NODE_CHANNEL')),
  ).toEqual(['A', 'B', 'HOST', 'HOSTNAME', 'PATH', 'PORT'])
})

test('SIGTERM asks a process to end, SIGKILL makes it', async () => {
  const polite = start(
    `process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); setInterval(() => {}, 1e6); console.log('up')`,
  )
  await logged(polite.running, 'up')
  polite.running.stop(30)
  expect(await polite.reported(2)).toMatchObject({ exitCode: 0 })
  expect(polite.running.logs().map(({ text }) => text)).toEqual(['up', 'bye'])

  const plain = start(`setInterval(() => {}, 1e6); console.log('up')`)
  await logged(plain.running, 'up')
  plain.running.stop(30)
  expect(await plain.reported(2)).toMatchObject({ exitCode: 143, reason: 'Error' })

  const deaf = start(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('up')`)
  await logged(deaf.running, 'up')
  deaf.running.stop(0.2)
  expect(await deaf.reported(2)).toMatchObject({ exitCode: 137, reason: 'Error' })
})

test('a container that is stopped before it runs ends without having run', async () => {
  const { running, reports, reported } = start(`console.log('up')`)
  running.stop(30)
  expect(await reported(1)).toMatchObject({ state: 'terminated', exitCode: 137 })
  expect(reports).toHaveLength(1)
  expect(running.logs()).toEqual([])
})

test('the end of a failed container says what it wrote last, if the Pod asks for that', async () => {
  const spec = { containers: [{ name: 'main', terminationMessagePolicy: 'FallbackToLogsOnError' }] }
  const script = `console.error('no configuration'); process.exitCode = 3`
  const { reported } = start(script, {}, aContainer({}, spec))
  expect(await reported(2)).toMatchObject({ exitCode: 3, message: 'no configuration\n' })
  expect(await start(script).reported(2)).not.toHaveProperty('message')
})

test('keeps the last lines, whole ones', async () => {
  const { running, reported } = start(
    `for (let i = 0; i < 25000; i++) console.log(i); process.stdout.write('half '); process.stdout.write('a line')`,
  )
  const heard: string[] = []
  running.onLog(({ text }) => heard.push(text))
  await reported(2)
  const lines = running.logs().map(({ text }) => text)
  expect(lines).toHaveLength(10_000)
  expect([lines[0], lines.at(-1)]).toEqual(['15001', 'half a line'])
  expect(heard).toHaveLength(25_001)
})

test('a Pod finds its credentials in files, renewed in time and removed at its end', async () => {
  let count = 0
  const credentials = () => ({
    token: `token ${++count}`,
    ca: 'a certificate',
    namespace: 'default',
    host: '127.0.0.1',
    port: 6443,
    ...(count < 2 && { renewAfterMs: 50 }),
  })
  const script = `
    const { readFileSync, watch } = require('node:fs')
    const read = (name) => readFileSync(process.env.SERVICE_ACCOUNT_DIRECTORY + '/' + name, 'utf8')
    console.log([read('token'), read('ca.crt'), read('namespace'), process.env.KUBERNETES_SERVICE_HOST, process.env.KUBERNETES_SERVICE_PORT].join())
    const timer = setInterval(() => { if (read('token') === 'token 2') { console.log('renewed'); clearInterval(timer) } }, 5)
  `
  const { running, reported } = start(script, { credentials })
  await reported(2)
  const [first, last] = running.logs()
  expect(first?.text).toMatch(/^token [12],a certificate,default,127\.0\.0\.1,6443$/)
  expect(last?.text).toBe('renewed')
  expect(readdirSync(directory)).toEqual([])
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('close ends everything, grandchildren included', async () => {
  const script = `
    const child = require('node:child_process').spawn('sleep', ['1000'])
    console.log(child.pid)
    setInterval(() => {}, 1e6)
  `
  const { runner, running, reported } = start(script)
  await new Promise<void>((resolve) => running.onLog(() => resolve()))
  const pid = Number(running.logs()[0]?.text)
  await runner.close()
  expect(await reported(2)).toMatchObject({ exitCode: 137 })
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test('a process does not outlive its parent, even one that is killed', async () => {
  const url = new URL('processes.ts', import.meta.url).href
  const script = `
    import { processRunner } from '${url}'
    const images = { node: () => ({ command: 'sleep', args: ['1000'] }), talk: () => ({ command: 'sh', args: ['-c', 'echo $$; exec sleep 1000'] }) }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', uid: 'a' }, spec: {} }
    const container = processRunner({ images, directory: '${directory}' }).start({ pod, name: 'a', image: 'talk', command: [], args: [], env: {} }, () => {})
    container.onLog(({ text }) => console.log(text))
  `
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(chunk.toString())
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await expect.poll(() => isAlive(pid)).toBe(false)
})
