import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { serveProbes } from './probes.ts'

const served = async (obstacles: () => readonly string[]) => {
  const server = await serveProbes({ host: '127.0.0.1', port: 0 }, obstacles)
  onTestFinished(async () => {
    server.closeAllConnections()
    await once(server.close(), 'close')
  })
  const { port } = server.address() as AddressInfo
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.status, await response.text()]
  }
}

test('a process that lives is healthy, ready or not', async () => {
  const ask = await served(() => ['Job: not listed and watched'])
  expect(await ask('/healthz')).toEqual([200, 'ok\n'])
  expect(await ask('/healthz/')).toEqual([200, 'ok\n'])
})

test('readiness names what stands in the way, until nothing does', async () => {
  const obstacles = ['Job: not listed and watched', 'Namespace: not listed and watched']
  const ask = await served(() => obstacles)
  expect(await ask('/readyz')).toEqual([503, `${obstacles.join('\n')}\n`])
  obstacles.length = 0
  expect(await ask('/readyz?verbose')).toEqual([200, 'ok\n'])
})

test('nothing else is served', async () => {
  const ask = await served(() => [])
  expect(await ask('/metrics')).toEqual([404, ''])
})
