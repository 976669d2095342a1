import type { Case, Step } from './case.ts'
import type { Port, Reply, Sent, Stream, WatchEvent } from './port.ts'
import { fill, fillText, type Sight } from './references.ts'
import { inFull, inShort } from './shortcuts.ts'

/** What came of a case, nothing masked yet. Quiet steps have their answers too. */
export type Outcome = {
  readonly namespace: string
  readonly replies: readonly Reply[]
  /** By the step that opened the watch. `counts` is how many events it had after each later step. */
  readonly watches: ReadonlyMap<number, { readonly events: readonly WatchEvent[]; readonly hasEnded: boolean }>
  readonly opening: ReadonlyMap<number, number>
}

/** `before` says how many events to wait for: the outcome on a server that needs no waiting. */
export async function run(port: Port, { steps }: Case, namespace: string, before?: Outcome): Promise<Outcome> {
  const answers: unknown[] = []
  const last = new Map<string, unknown>()
  const first = new Map<string, unknown>()
  const sight: Sight = { namespace, answers, last, first }
  const replies: Reply[] = []
  const streams = new Map<number, Stream>()
  const opening = new Map<number, number>()
  await prepare(port, namespace)
  for (const [index, step] of steps.entries()) {
    if (step.compact) await port.compact()
    if (step.wait !== undefined) await port.wait(step.wait)
    const sent = requestOf(step, sight)
    const reply = step.call.startsWith('WATCH ') ? await port.watch(sent) : await port.send(sent)
    if ('stream' in reply && reply.stream) {
      const { stream } = reply as { stream: Stream } // just asked
      streams.set(index, stream)
      await port.heard(stream, before?.opening.get(index) ?? 0, false)
      opening.set(index, stream.events.length)
    } else if (reply.status < 300) {
      const seen = inShort(
        sent.method === 'POST' ? `${sent.path.split('?')[0]}/${nameOf(reply.body)}` : sent.path,
        namespace,
      )
      const { metadata, items } = (reply.body ?? {}) as { metadata?: { uid?: string }; items?: unknown }
      const isSeen = metadata?.uid !== undefined || items !== undefined
      if (seen !== undefined && isSeen && !sent.path.includes('/scale')) {
        last.set(seen, reply.body)
        if (!first.has(seen)) first.set(seen, reply.body)
      }
    }
    answers.push(reply.body)
    replies.push(reply)
  }
  const watches = new Map<number, { events: readonly WatchEvent[]; hasEnded: boolean }>()
  await Promise.all(
    [...streams].map(([index, stream]) => port.heard(stream, before?.watches.get(index)?.events.length ?? 0, true)),
  )
  for (const [index, stream] of streams) {
    watches.set(index, { events: [...stream.events], hasEnded: stream.hasEnded() })
    stream.close()
  }
  return { namespace, replies, watches, opening }
}

const nameOf = (body: unknown): string => (body as { metadata?: { name?: string } } | undefined)?.metadata?.name ?? ''

/** A namespace of its own, in which Pods can be made. */
async function prepare(port: Port, namespace: string): Promise<void> {
  const create = async (path: string, body: unknown): Promise<void> => {
    const { status } = await port.send({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body })
    if (status !== 201) throw new Error(`POST ${path} for ${namespace}: ${status}`)
  }
  await create('/api/v1/namespaces', { metadata: { name: namespace } })
  await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } })
}

function requestOf(step: Step, sight: Sight): Sent {
  const [verb = '', path = ''] = step.call.split(/ (.*)/s)
  const full = fillText(inFull(path), sight)
  const isWatch = verb === 'WATCH'
  const watched = /[?&]watch=/.test(full) ? full : `${full}${full.includes('?') ? '&' : '?'}watch=true`
  return {
    method: isWatch ? 'GET' : verb,
    path: isWatch ? watched : full,
    headers: {
      accept: step.accept ?? 'application/json',
      'user-agent': 'conformance',
      ...(step.type !== '' && { 'content-type': step.type ?? 'application/json' }),
      ...Object.fromEntries(Object.entries(step.headers ?? {}).map(([key, text]) => [key, fillText(text, sight)])),
    },
    ...(step.body !== undefined && { body: fill(step.body, sight) }),
    ...(step.raw !== undefined && { raw: fillText(step.raw, sight) }),
    ...(step.as !== undefined && { as: fillText(step.as, sight) }),
  }
}
