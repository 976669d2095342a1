import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Finds free TCP ports on 127.0.0.1, below the range that the system gives to outgoing connections: a client that
 * retries while the server restarts could otherwise be given the very port, and keep the server from coming back.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt > 500)
      throw new Error(`find ${count} free ports on 127.0.0.1 between 20000 and 31999: found ${ports.size}`)
    const port = randomInt(20_000, 32_000)
    if (!ports.has(port) && (await isFree(port))) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0] ?? 0
