import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { freePorts } from '#emulator/host/free-ports.ts'

const MAIN = join(import.meta.dirname, '../runtime/operator.ts')

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Knows none of our kinds. */
const knowsNothing: Answer = (_, response) => void response.writeHead(404).end('{}')

/** The host as a process of its own, which takes a second to load, with what stands in for an API server. */
const launch = async (args: readonly string[], answer = knowsNothing) => {
  const api = createServer(answer).listen(0, '127.0.0.1')
  await once(api, 'listening')
  const directory = mkdtempSync(join(tmpdir(), 'dormouse-test-'))
  const kubeconfig = join(directory, 'kubeconfig')
  const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'stub', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'stub', user: { token: 'secret' } }],
      contexts: [{ name: 'stub', context: { cluster: 'stub', user: 'stub' } }],
      'current-context': 'stub',
    }),
  )
  const child = spawn(process.execPath, [MAIN, ...args], { env: { KUBECONFIG: kubeconfig } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  onTestFinished(() => {
    child.kill('SIGKILL')
    api.closeAllConnections()
    api.close()
    rmSync(directory, { recursive: true })
  })
  return { child, output: () => output, ended: once(child, 'close').then(([code]) => code as number) }
}

const ask = async (url: string) => {
  const response = await fetch(url).catch(() => undefined)
  return response && { status: response.status, text: await response.text() }
}

test('the always-on host lives, is not ready without its kinds, counts, and ends with code 0 at SIGTERM', async () => {
  const [metrics = 0, probes = 0] = await freePorts(2)
  const { child, ended, output } = await launch([
    `--metrics-bind-address=127.0.0.1:${metrics}`,
    '-health-probe-bind-address',
    `127.0.0.1:${probes}`,
    '--legacy-watch',
  ])
  await expect
    .poll(() => ask(`http://127.0.0.1:${probes}/healthz`), { timeout: 20_000 })
    .toEqual({ status: 200, text: 'ok\n' })
  await expect.poll(output).toContain('working')
  expect(await ask(`http://127.0.0.1:${probes}/readyz`)).toEqual({
    status: 503,
    text: expect.stringContaining('AgenticSession: not listed and watched\n'),
  })
  const { text = '' } = (await ask(`http://127.0.0.1:${metrics}/metrics`)) ?? {}
  expect(text).toContain('dormouse_leader 1')
  expect(text).toContain('dormouse_queue_objects{state="delayed"} 0')
  expect(text).toContain('dormouse_queue_retries_total 0')
  expect(text).toContain('# TYPE dormouse_watch_restarts_total counter')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('the always-on host does not start with flags that are wrong, and says so on one line', async () => {
  const { ended, output } = await launch(['--leader-elect=maybe', '--nonsense'])
  expect(await ended).toBe(1)
  expect(output()).toMatch(/^dormouse: command line: there is no flag --nonsense; --leader-elect is "maybe".*\n$/)
})

test('the always-on host works on as many objects side by side as --max-concurrent-reconciles says', async () => {
  const namespace = 'team-a'
  const labels = { 'ambient-code.io/managed': 'true' }
  const listed = (name: string, more: object = {}) => ({
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: new Date().toISOString(),
      ...more,
    },
  })
  const sessions = Array.from({ length: 6 }, (_, i) => ({ ...listed(`s-${i}`, { namespace }), spec: { timeout: 300 } }))
  const managed = listed(namespace, { labels })
  const asked: string[] = []
  const answer: Answer = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api')
    const [, name] = /\/agenticsessions\/(s-\d)$/.exec(pathname) ?? []
    // Neither a reconcile nor a watch comes to an end.
    if (name !== undefined) return void asked.push(name)
    if (pathname.includes(`/namespaces/${namespace}/`)) return knowsNothing(request, response)
    if (searchParams.get('watch')) return void response.writeHead(200).flushHeaders()
    // The sweep sees none: what is asked is what the watches woke.
    const isWatched = !searchParams.has('fieldSelector')
    const items = pathname.endsWith('/namespaces') ? [managed] : pathname.endsWith('/agenticsessions') ? sessions : []
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: isWatched ? items : [] }))
  }
  const [probes = 0] = await freePorts(1)
  const ports = ['--metrics-bind-address=0', `--health-probe-bind-address=127.0.0.1:${probes}`]
  await launch([...ports, '--max-concurrent-reconciles=2'], answer)
  await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(2)
  await pause(500)
  expect(new Set(asked).size).toBe(2)
  expect(asked).toHaveLength(2)
})
