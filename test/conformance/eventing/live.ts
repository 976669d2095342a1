import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from '#test/cluster/control-plane.ts'
import { type ReceiveAdapter, startReceiveAdapter } from '#test/cluster/receive-adapter.ts'
import { OUTLIVES_GO_CLIENTS } from '#test/keep-alive.ts'
import { fooCrd, setsCrd } from './cases.ts'
import type { SinkAnswer, SinkRequest, Stage } from './stage.ts'

/** A real API server with the real adapter, and a sink on loopback. */
export async function liveStage(plane: ControlPlane): Promise<Stage> {
  const requests: SinkRequest[] = []
  let answers: SinkAnswer[] = []
  let slowMs = 0
  let adapter: ReceiveAdapter | undefined
  let runs = 0
  const server = createServer(OUTLIVES_GO_CLIENTS, async (request, response) => {
    const at = performance.now()
    const body = await text(request)
    requests.push({ headers: request.headers as Readonly<Record<string, string>>, body, at })
    const answer = answers.shift()
    if (answer !== undefined && slowMs > 0) await sleep(slowMs)
    if (answer === 'reset') request.socket.destroy()
    else response.writeHead(answer ?? 204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  plane.atStop(async () => {
    server.close()
    server.closeAllConnections()
  })
  await plane.api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', fooCrd)
  await plane.api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', setsCrd)
  await sleep(3000) // the first create after a definition takes as long
  return {
    send: async (method, path, body) => {
      if (method === 'POST') await plane.api.post(path, body)
      else if (method === 'PATCH') await plane.api.patch(path, 'merge', body)
      else await plane.api.delete(path)
    },
    start: async ({ mode, resources, owner, extensions }) => {
      runs += 1
      adapter = await startReceiveAdapter(plane, {
        name: `recorded-${runs}`,
        sink: `http://127.0.0.1:${port}/`,
        mode,
        namespaces: ['default'],
        ...(owner && { owner }),
        ...(extensions && { extensions }),
        resources: resources.map(({ apiVersion, kind, label }) => {
          const [version = '', group = ''] = apiVersion.split('/').reverse()
          return { group, version, resource: `${kind.toLowerCase()}s`, ...(label && { selector: label }) }
        }),
      })
    },
    stop: async () => {
      await adapter?.kill()
      adapter = undefined
    },
    answer: (next, ms = 0) => {
      answers = [...next]
      slowMs = ms
    },
    requests: () => requests,
    pass: (ms) => sleep(ms),
  }
}
