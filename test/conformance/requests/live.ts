import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Port, Reply, Sent, WatchEvent } from './port.ts'

type Access = { readonly server: string; readonly etcd: string; readonly adminKubeconfig: string }

/** A real kube-apiserver. Who asks as somebody else impersonates. */
export function livePort({ server, etcd, adminKubeconfig }: Access): Port {
  // as test/cluster/credentials.ts writes it
  const config = JSON.parse(readFileSync(adminKubeconfig, 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority': string } }]
    users: [{ user: { token: string } }]
  }
  const ca = readFileSync(config.clusters[0].cluster['certificate-authority'])
  const agent = new Agent({ keepAlive: true, ca })

  const open = ({ method, path, headers, body, raw, as }: Sent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const [user, ...groups] = as?.split(',') ?? []
      const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const outgoing = request(new URL(path, server), { agent, method })
      const all = {
        authorization: `Bearer ${config.users[0].user.token}`,
        ...headers,
        ...(text !== undefined && { 'content-length': Buffer.byteLength(text) }),
        ...(user !== undefined && { 'impersonate-user': user }),
      }
      for (const [key, value] of Object.entries(all)) outgoing.setHeader(key, value)
      if (groups.length > 0) outgoing.setHeader('impersonate-group', groups)
      const patience = setTimeout(() => outgoing.destroy(new Error(`${method} ${path}: no answer`)), 8_000)
      outgoing.on('error', reject).on('response', (response) => {
        clearTimeout(patience)
        resolve(response)
      })
      outgoing.end(text)
    })

  /** What answers from memory may lag behind what was written. */
  const settle = async ({ path }: Sent): Promise<void> => {
    if (/resourceVersion=0(&|$)/.test(path)) await sleep(150)
  }

  return {
    send: async (sent) => {
      await settle(sent)
      let response = await open(sent)
      // A new custom kind takes its time.
      for (let tries = 0; response.statusCode === 429 && tries < 10; tries++) {
        response.resume()
        await sleep(500)
        response = await open(sent)
      }
      const chunks: Buffer[] = []
      const patience = setTimeout(() => response.destroy(new Error(`${sent.method} ${sent.path}: no end`)), 8_000)
      for await (const chunk of response) chunks.push(chunk as Buffer) // no encoding is set
      clearTimeout(patience)
      return replyOf(response, Buffer.concat(chunks).toString())
    },
    watch: async (sent) => {
      await settle(sent)
      const response = await open(sent).catch(() => undefined)
      if (!response) return { status: 0, headers: { warnings: [] }, body: 'no answer' }
      if (response.statusCode !== 200) {
        let text = ''
        for await (const chunk of response) text += String(chunk)
        return replyOf(response, text)
      }
      const events: WatchEvent[] = []
      let isOver = false
      let rest = ''
      response.setEncoding('utf8')
      response
        .on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) if (!isBeat.test(line)) events.push(JSON.parse(line) as WatchEvent)
        })
        .on('end', () => {
          isOver = true
        })
        .on('error', () => {
          isOver = true
        })
      const stream = { events, hasEnded: () => isOver, close: () => void response.destroy() }
      return { ...replyOf(response, ''), body: undefined, stream }
    },
    heard: async (stream, count, isLast) => {
      for (let waited = 0; stream.events.length < count && waited < 2_000; waited += 10) await sleep(10)
      for (let seen = -1; isLast && seen !== stream.events.length && !stream.hasEnded(); ) {
        seen = stream.events.length
        await sleep(150)
      }
    },
    wait: (seconds) => sleep(seconds * 1000),
    compact: async () => {
      const call = async (path: string, body: object): Promise<{ header?: { revision?: string } }> =>
        (await fetch(`${etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) })).json() as Promise<{
          header?: { revision?: string }
        }>
      const { header } = await call('range', { key: Buffer.from('x').toString('base64') })
      await call('compaction', { revision: header?.revision, physical: true })
    },
    close: async () => agent.destroy(),
  }
}

/** The bookmark of every minute; not the one that ends the initial events. */
const isBeat = /^\{"type":"BOOKMARK"(?!.*initial-events-end)/

function replyOf(response: IncomingMessage, text: string): Reply {
  const { headers, rawHeaders, statusCode = 0 } = response
  const warnings = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'warning')
  return {
    status: statusCode,
    headers: {
      ...(headers['content-type'] !== undefined && { type: headers['content-type'] }),
      ...(headers['retry-after'] !== undefined && { retryAfter: headers['retry-after'] }),
      warnings,
    },
    body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
  }
}
