import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Post, Pushed } from './push.ts'

/** Two of these, one that is under way and a last one, fit into the end of any Pod. */
const REQUEST_MS = 2000

/** By these a gateway, or what stands before it, says that it has not looked at what it was sent. */
const UNREAD = new Set([401, 403, 404, 405, 407, 413, 429, 503])

const pushedBy = (status: number): Pushed => {
  if (status >= 200 && status < 300) return 'taken'
  return status < 400 || UNREAD.has(status) ? 'kept' : 'lost'
}

/** Over a connection of its own. What fails before there is a connection has reached nobody. */
export const post: Post = (url, body) =>
  new Promise((resolve) => {
    const isTls = url.startsWith('https:')
    const headers = {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    }
    const outgoing = (isTls ? httpsRequest : httpRequest)(url, { method: 'POST', headers, agent: false })
    let isConnected = false
    const end = (pushed: Pushed, cause?: string) => {
      clearTimeout(limit)
      resolve({ pushed, ...(cause !== undefined && { cause }) })
    }
    const limit = setTimeout(() => outgoing.destroy(new Error(`no answer within ${REQUEST_MS / 1000} s`)), REQUEST_MS)
    outgoing.on('socket', (socket) => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        isConnected = true
      })
    })
    outgoing.on('error', ({ message }) => end(isConnected ? 'lost' : 'kept', message))
    outgoing.on('response', (incoming) => {
      incoming.resume()
      const { statusCode = 0 } = incoming
      const pushed = pushedBy(statusCode)
      end(pushed, pushed === 'taken' ? undefined : `answered ${statusCode}`)
    })
    outgoing.end(body)
  })
