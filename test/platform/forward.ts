import {
  connect,
  createServer,
  type IpcSocketConnectOpts,
  type ListenOptions,
  type Server,
  type TcpSocketConnectOpts,
} from 'node:net'
import { pipeline } from 'node:stream'

/** Passes every connection on to `target`, byte for byte; resolves when it listens. */
export async function forward(at: ListenOptions, target: TcpSocketConnectOpts | IpcSocketConnectOpts): Promise<Server> {
  const server = createServer((incoming) => {
    const outgoing = connect(target)
    // Either end may break; the other is then closed with it.
    pipeline(incoming, outgoing, () => outgoing.destroy())
    pipeline(outgoing, incoming, () => incoming.destroy())
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at, resolve))
  return server
}
