import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '#emulator/host/free-ports.ts'
import { createAggregator } from './aggregator.ts'

const MAIN = join(import.meta.dirname, '../runtime/main.ts')

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** An API server that answers as it is told. */
const stubApiServer = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server: Server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const directory = mkdtempSync(join(tmpdir(), 'dormouse-test-'))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  })
  const kubeconfig = join(directory, 'kubeconfig')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'stub', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'stub', user: { token: 'secret' } }],
      contexts: [{ name: 'stub', context: { cluster: 'stub', user: 'stub' } }],
      'current-context': 'stub',
    }),
  )
  return kubeconfig
}

const launch = (args: readonly string[], env: Readonly<Record<string, string>>) => {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], {
    env: { HOST: '127.0.0.1', METRICS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanups.push(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, ended }
}

const untilReady = async (port: number): Promise<void> => {
  for (;;) {
    const isReady = await fetch(`http://127.0.0.1:${port}/health/readiness`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await pause(20)
  }
}

const notFound = (response: ServerResponse) =>
  response
    .writeHead(404, { 'content-type': 'application/json' })
    .end(JSON.stringify({ kind: 'Status', reason: 'NotFound', code: 404 }))

const event = {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': 'https://10.96.0.1:443',
    'ce-type': 'dev.knative.apiserver.resource.add',
  },
  body: JSON.stringify({
    apiVersion: 'vteam.ambient-code/v1alpha1',
    kind: 'AgenticSession',
    metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1' },
  }),
}

describe('a function process', () => {
  test('finishes the events that it has when SIGTERM comes, then ends with 0', async () => {
    let release: (() => void) | undefined
    const asked = Promise.withResolvers<void>()
    const kubeconfig = await stubApiServer((_request, response) => {
      release = () => void notFound(response)
      asked.resolve()
    })
    const port = await freePort()
    const { child, ended } = launch(['on-session-event'], { PORT: String(port), KUBECONFIG: kubeconfig })
    await untilReady(port)
    const answer = fetch(`http://127.0.0.1:${port}`, event)
    await asked.promise
    child.kill('SIGTERM')
    await pause(100)
    expect(child.exitCode).toBeNull()
    release?.()
    expect((await answer).status).toBe(204)
    expect((await ended).code).toBe(0)
  })

  test.each(['', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{'])(
    'does not wait for a peer that has sent only %j',
    async (sent) => {
      const kubeconfig = await stubApiServer((_request, response) => notFound(response))
      const port = await freePort()
      const { child, ended } = launch(['on-session-event'], { PORT: String(port), KUBECONFIG: kubeconfig })
      await untilReady(port)
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(sent)
      await pause(100)
      child.kill('SIGTERM')
      expect((await ended).code).toBe(0)
      socket.destroy()
    },
    10_000,
  )

  test('ends with the process that started it', async () => {
    const kubeconfig = await stubApiServer((_request, response) => notFound(response))
    const port = await freePort()
    const child = spawn(process.execPath, [MAIN, 'on-session-event'], {
      env: { HOST: '127.0.0.1', METRICS_PORT: '0', PORT: String(port), KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    cleanups.push(() => child.kill('SIGKILL'))
    await untilReady(port)
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
  }, 10_000)

  test('asks about MAX_CONCURRENT_RECONCILES objects at a time', async () => {
    const waiting: (() => void)[] = []
    const asked = Promise.withResolvers<void>()
    const kubeconfig = await stubApiServer((_request, response) => {
      waiting.push(() => void notFound(response))
      asked.resolve()
    })
    const port = await freePort()
    launch(['on-session-event'], { PORT: String(port), KUBECONFIG: kubeconfig, MAX_CONCURRENT_RECONCILES: '1' })
    await untilReady(port)
    const about = (name: string) =>
      fetch(`http://127.0.0.1:${port}`, { ...event, body: event.body.replace('"name":"a"', `"name":"${name}"`) })
    const answers = [about('a'), about('b')]
    await asked.promise
    await pause(200)
    expect(waiting).toHaveLength(1)
    waiting[0]?.()
    await Promise.race(answers)
    while (waiting.length < 2) await pause(20)
    waiting[1]?.()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([204, 204])
  })

  test('says what a dead letter was about while the API server is away, and asks for it again', async () => {
    const kubeconfig = await stubApiServer((_request, response) => response.destroy())
    const port = await freePort()
    const { child, ended } = launch(['on-dead-letter'], { PORT: String(port), KUBECONFIG: kubeconfig })
    await untilReady(port)
    const headers = { ...event.headers, 'ce-subject': '/apis/a', 'ce-knativeerrorcode': '503' }
    expect((await fetch(`http://127.0.0.1:${port}`, { ...event, headers })).status).toBe(503)
    child.kill('SIGTERM')
    const { output } = await ended
    expect(output).toContain('"subject":"/apis/a"')
    expect(output).toContain('"code":"503"')
  })

  test('takes a dead letter about nothing of ours without the API server, says so, and counts it', async () => {
    const kubeconfig = await stubApiServer((_request, response) => response.destroy())
    const [port, metricsPort] = [await freePort(), await freePort()]
    const env = { PORT: String(port), METRICS_PORT: String(metricsPort), KUBECONFIG: kubeconfig }
    const { child, ended } = launch(['on-dead-letter'], env)
    await untilReady(port)
    const letter = { ...event, headers: { ...event.headers, 'ce-type': 'com.example.news' } }
    expect((await fetch(`http://127.0.0.1:${port}`, letter)).status).toBe(204)
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    expect(metrics).toMatch(
      /^dormouse_outcomes_total\{state="settled",reason="UnknownEvent",function="on-dead-letter"\} 1$/m,
    )
    child.kill('SIGTERM')
    expect((await ended).output).toContain('"type":"com.example.news"')
  })

  test('refuses arguments that it does not know', async () => {
    const { code, output } = await launch(['timeout-sweeper', '--onec'], {}).ended
    expect(code).toBe(1)
    expect(output).toContain("'--onec'")
  })

  test('names every mistake in its configuration in one line, and ends with 1', async () => {
    const { ended } = launch(['on-session-event'], { PORT: 'http', MAX_CONCURRENT_RECONCILES: '0', DEV_MODE: 'yes' })
    const { code, output } = await ended
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    for (const name of ['PORT', 'MAX_CONCURRENT_RECONCILES', 'DEV_MODE']) expect(output).toContain(name)
  })

  test('that nobody has written is told apart from those that there are', async () => {
    const { code, output } = await launch(['on-sesion-event'], {}).ended
    expect(code).toBe(1)
    expect(output).toContain(
      'no function is named "on-sesion-event"; there are on-dead-letter, on-job-event, on-project-event, on-session-event',
    )
  })

  test('has metrics on a port of their own', async () => {
    const kubeconfig = await stubApiServer((_request, response) => notFound(response))
    const [port, metricsPort] = [await freePort(), await freePort()]
    launch(['on-session-event'], { PORT: String(port), METRICS_PORT: String(metricsPort), KUBECONFIG: kubeconfig })
    await untilReady(port)
    await fetch(`http://127.0.0.1:${port}`, event)
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    expect(text).toContain('dormouse_outcomes_total{state="settled",reason="Gone",function="on-session-event"} 1')
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404)
  })
})

describe('a process that pushes its metrics', () => {
  const gateway = async (answer: (path: string, body: string, response: ServerResponse) => void) => {
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      request.on('end', () => answer(request.url ?? '', body, response))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const start = async (url: string) => {
    const kubeconfig = await stubApiServer((_request, response) => notFound(response))
    const port = await freePort()
    const pushing = { METRICS_PUSH_URL: url, METRICS_PUSH_INTERVAL_SECONDS: '1' }
    const launched = launch(['on-session-event'], { PORT: String(port), KUBECONFIG: kubeconfig, ...pushing })
    await untilReady(port)
    return { ...launched, ring: () => fetch(`http://127.0.0.1:${port}`, event) }
  }

  test('does so at its interval, and again before it ends', async () => {
    const aggregator = createAggregator()
    const pushed = Promise.withResolvers<void>()
    const url = await gateway((path, body, response) => {
      response.writeHead(aggregator.take(path, body)).end()
      if (body.includes('"Gone"')) pushed.resolve()
    })
    const { child, ended, ring } = await start(url)
    await ring()
    await pushed.promise
    await ring()
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    const settled = (reason: string) =>
      `dormouse_outcomes_total{state="settled",reason="${reason}",function="on-session-event"}`
    expect(aggregator.sums.get(settled('Gone'))).toBe(1)
    expect(aggregator.sums.get(settled('Duplicate'))).toBe(1)
    expect(aggregator.sums.get('ambient_reconcile_duration_seconds_count{phase="None",success="true"}')).toBe(1)
  }, 10_000)

  test('ends all the same, and with 0, where nobody answers', async () => {
    const { child, ended, ring } = await start(await gateway(() => undefined))
    await ring()
    child.kill('SIGTERM')
    const { code, output } = await ended
    expect(code).toBe(0)
    expect(output.match(/metrics not pushed/g)).toHaveLength(1)
  }, 10_000)
})

describe('a sweeper process', () => {
  test('with --once ends with 1 where the API server cannot be reached', async () => {
    const kubeconfig = await stubApiServer((_request, response) => response.destroy())
    const { code, output } = await launch(['timeout-sweeper', '--once'], { KUBECONFIG: kubeconfig }).ended
    expect(code).toBe(1)
    expect(output).toContain('UnreachableError')
  })

  test('outlives an API server that is away, and goes on sweeping', async () => {
    let requests = 0
    const twice = Promise.withResolvers<void>()
    const kubeconfig = await stubApiServer((_request, response) => {
      if (++requests === 2) twice.resolve()
      response.destroy()
    })
    const { child, ended } = launch(['timeout-sweeper'], { KUBECONFIG: kubeconfig, SWEEP_PERIOD_SECONDS: '1' })
    await twice.promise
    expect(child.exitCode).toBeNull()
    child.kill('SIGTERM')
    expect((await ended).code).toBe(0)
  }, 10_000)
})

describe('a command process', () => {
  const variables = {
    SESSION_TEMPLATE: '{"initialPrompt":"Hi"}',
    PROJECT_NAMESPACE: 'team-a',
    SCHEDULED_SESSION_NAME: 'nightly',
  }

  test('does what its environment says, and ends with 0', async () => {
    const requests: string[] = []
    const kubeconfig = await stubApiServer((request, response) => {
      let body = ''
      request.on('data', (text) => {
        body += text
      })
      request.on('end', () => {
        requests.push(`${request.method} ${request.url?.split('?')[0]}`)
        const answer = request.method === 'GET' ? { metadata: {}, items: [] } : JSON.parse(body)
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      })
    })
    const { ended } = launch(['session-trigger'], { KUBECONFIG: kubeconfig, ...variables })
    const { code, output } = await ended
    expect(output).toContain('created')
    expect(code).toBe(0)
    const path = '/apis/vteam.ambient-code/v1alpha1/namespaces/team-a/agenticsessions'
    expect(requests).toEqual([`GET ${path}`, `POST ${path}`])
  })

  test('ends with 1 and says why where that cannot be done', async () => {
    const kubeconfig = await stubApiServer((_, response) => void response.writeHead(503).end())
    const { ended } = launch(['session-trigger'], { KUBECONFIG: kubeconfig, ...variables, SCHEDULED_SESSION_NAME: '' })
    const { code, output } = await ended
    expect(code).toBe(1)
    expect(output).toContain('SCHEDULED_SESSION_NAME is \\"\\", must be the name of a CronJob')
  })
})
