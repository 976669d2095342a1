import { TransientError } from '#sdk/index.ts'
import type { Connection } from './kubernetes/connection.ts'

const TIMEOUT_MS = 30_000

/** Posts JSON to the backend, as whom the API server knows us. Throws where it does not say that it has taken it. */
export const createBackend =
  (url: string, { headers }: Pick<Connection, 'headers'>) =>
  async (path: string, body: object): Promise<void> => {
    const what = `POST ${url}/${path}`
    const answer = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { ...(await headers()), 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: Error) => {
      throw new TransientError(`${what}: ${cause.message}`, { cause })
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new TransientError(`${what}: the backend answered ${answer.status}`)
  }
