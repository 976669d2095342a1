import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { aServer, configMaps } from '../api-server/test-server.ts'
import { httpEdge } from './http.ts'

test('the edge answers JSON, knows who asks, and streams a watch until its time is up', async () => {
  const { api } = aServer()
  const admin = { name: 'admin', groups: ['system:masters'] }
  const server = httpEdge(api, (token) => (token === 'good' ? admin : undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  const ask = (path: string, init: RequestInit = {}, token = 'good') =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
  try {
    expect((await ask('/version', {}, 'bad')).status).toBe(401)
    const made = await ask(configMaps, { method: 'POST', body: JSON.stringify({ metadata: { name: 'a' } }) })
    expect(made.status).toBe(201)
    const watched = await ask(`${configMaps}?watch=1&timeoutSeconds=1`)
    expect(JSON.parse(await watched.text())).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap' } })
  } finally {
    server.close()
  }
})
