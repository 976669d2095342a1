import { createServer, type Server } from 'node:http'
import type { Address } from './flags.ts'

/**
 * `/healthz`: the process lives. `/readyz`: nothing stands in the way of its work; else 503, with what does, a line each.
 */
export const serveProbes = async ({ host, port }: Address, obstacles: () => readonly string[]): Promise<Server> => {
  const server = createServer((request, response) => {
    switch (request.url?.split('?')[0]?.replace(/(?<=.)\/$/, '')) {
      case '/healthz':
        return void response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
      case '/readyz': {
        const found = obstacles()
        const text = found.length === 0 ? 'ok\n' : `${found.join('\n')}\n`
        return void response.writeHead(found.length === 0 ? 200 : 503, { 'content-type': 'text/plain' }).end(text)
      }
      default:
        return void response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return server
}
