import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { EndSignal, Supervisor } from './supervisor.ts'

const socketOf = (dir: string): string => join(dir, 'control.sock')

/** Lets other processes restart services of the platform in `dir`, through a socket there. */
export async function serveControl(dir: string, supervisor: Supervisor): Promise<void> {
  const server = createServer((incoming, response) => {
    const [, service = '', signal = ''] = (incoming.url ?? '').split('/')
    supervisor
      .restart(service, signal as EndSignal) // only askSupervisor asks
      .then(
        () => response.writeHead(204).end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      )
  })
  await new Promise<void>((resolve) => server.listen(socketOf(dir), resolve))
}

/** Has a service restarted; resolves when it is ready again. */
export async function askSupervisor(dir: string, service: string, signal: EndSignal): Promise<void> {
  const complaint = await new Promise<string>((resolve, reject) => {
    request({ socketPath: socketOf(dir), method: 'POST', path: `/${service}/${signal}` }, (response) => {
      text(response).then((body) => resolve(response.statusCode === 204 ? '' : body), reject)
    })
      .on('error', reject)
      .end()
  })
  if (complaint !== '') throw new Error(complaint)
}
