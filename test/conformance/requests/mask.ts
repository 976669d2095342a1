import type { Case } from './case.ts'
import type { Reply } from './port.ts'
import type { Outcome } from './run.ts'

/** What is compared and recorded: everything but what differs between two runs of the same server. */
export type Masked = {
  readonly answers: readonly MaskedAnswer[]
  readonly watches: Readonly<Record<string, unknown>>
}
export type MaskedAnswer =
  | { readonly status: number }
  | {
      readonly status: number
      readonly type?: string
      readonly retryAfter?: string
      readonly warnings?: readonly string[]
      readonly body: unknown
    }

/** Pure. */
export function masked({ steps }: Case, { namespace, replies, watches }: Outcome): Masked {
  const streams = [...watches]
  const everything = [...replies.map(({ body }) => body), ...streams.flatMap(([, { events }]) => events)]
  const mask = masker(namespace, everything)
  return {
    answers: replies.map((reply, index) => (steps[index]?.quiet ? { status: reply.status } : answerOf(reply, mask))),
    watches: Object.fromEntries(
      streams.map(([step, { events, hasEnded }]) => [
        String(step),
        { events: events.map((event) => mask(event)), ...(hasEnded && { hasEnded }) },
      ]),
    ),
  }
}

const answerOf = ({ status, headers, body }: Reply, mask: (value: unknown) => unknown): MaskedAnswer => ({
  status,
  ...(headers.type !== 'application/json' && headers.type !== undefined && { type: headers.type }),
  ...(headers.retryAfter !== undefined && { retryAfter: headers.retryAfter }),
  ...(headers.warnings.length > 0 && { warnings: headers.warnings.map((text) => String(mask(text))).sort() }),
  body: mask(body),
})

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const isPage = (value: Json): boolean =>
  Array.isArray(value['items']) || Array.isArray(value['rows']) || String(value['kind']).endsWith('List')

/** The versions of objects, not those of lists and bookmarks, which depend on what others write. */
function versionsIn(value: unknown, into = new Set<number>()): Set<number> {
  if (Array.isArray(value)) for (const item of value) versionsIn(item, into)
  if (!isObject(value)) return into
  const { metadata } = value
  if (isObject(metadata) && typeof metadata['resourceVersion'] === 'string' && !isPage(value))
    into.add(Number(metadata['resourceVersion']))
  if (value['type'] === 'BOOKMARK') return into
  for (const item of Object.values(value)) versionsIn(item, into)
  return into
}

/** The server's own writes of a definition's status, and what it notes of objects that it does not keep. */
const isBookkeeping = /kube-apiserver|authorization\.k8s\.io|authentication\.k8s\.io/
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g

function masker(namespace: string, everything: readonly unknown[]): (value: unknown) => unknown {
  const versions = [...versionsIn(everything)].sort((a, b) => a - b)
  const uids = new Map<string, string>()
  /** Of a list: the last object's version before it. */
  const rank = (version: string): string => {
    if (!/^\d+$/.test(version)) return version
    const found = Number(version)
    return found === 0 ? '0' : `#${versions.filter((each) => each <= found).length}`
  }
  const named = (uid: string): string => {
    const name = uids.get(uid) ?? `uid${uids.size + 1}`
    uids.set(uid, name)
    return name
  }
  const maskText = (text: string): string =>
    text
      .replaceAll(namespace, 'NS')
      .replaceAll(uuid, named)
      .replaceAll(time, 'TIME')
      .replaceAll(
        /(resource ?version[^0-9"]{0,40})(\d{2,})/gi,
        (_, before: string, version: string) => before + rank(version),
      )
      .replaceAll(/(current: |version: \S+ \()(\d+)/g, (_, before: string) => `${before}#`)
      .replaceAll(/Invalid value: "[{[](?:[^"\\]|\\.){60,}"(?=: )/g, 'Invalid value: "OBJECT"')
      .replaceAll(/(resourceVersion\\*":\\*")\d+/g, '$1#')
      .replaceAll(/10\.96\.\d+\.\d+/g, 'IP')
      .replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-*')
      .replaceAll(/(.)\1{63,}/g, (run: string, letter: string) => `${letter}*${run.length}`)
      .replaceAll(/eyJ[\w-]*\.[\w-]+\.[\w-]+/g, 'JWT')

  const maskMeta = (meta: Json): Json => {
    const { resourceVersion, managedFields, generateName, name, continue: token } = meta
    const managers = (managedFields as readonly Json[] | undefined)
      ?.map(({ operation, manager, subresource, apiVersion }) =>
        [operation, manager, subresource ?? '-', apiVersion].join(' '),
      )
      .filter((text) => !isBookkeeping.test(text))
    const isGenerated =
      typeof generateName === 'string' &&
      typeof name === 'string' &&
      name.length === Math.min(generateName.length, 58) + 5
    return {
      ...meta,
      ...(typeof resourceVersion === 'string' && { resourceVersion: rank(resourceVersion) }),
      ...(managers && { managedFields: managers.length > 0 ? managers.sort() : undefined }),
      ...(isGenerated && { name: `${name.slice(0, -5)}*****` }),
      ...(typeof token === 'string' && token !== '' && { continue: 'TOKEN' }),
    }
  }

  const mask = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return maskText(value)
    if (Array.isArray(value)) {
      const items = value.map((item) => mask(item, key === 'columnDefinitions' ? key : ''))
      if (key === 'cells') return items.map((cell) => (/^\d+[smhd]\d*[smhd]?$/.test(String(cell)) ? 'AGE' : cell))
      return key === 'causes' || key === 'resources'
        ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        : items
    }
    if (!isObject(value)) return value
    const body = key === 'metadata' ? maskMeta(value) : value
    const entries = Object.entries(body)
      .filter(([name]) => !(key === 'columnDefinitions' && name === 'description'))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [maskText(name), name === 'storageVersionHash' ? 'HASH' : mask(item, name)])
    return withoutOrder(Object.fromEntries(entries) as Json) // made of entries
  }
  return (value) => mask(value)
}

/** The real server lists several causes in any order: of its message only what is before them is compared. */
function withoutOrder(value: Json): Json {
  const { kind, details, message } = value
  const causes = isObject(details) ? details['causes'] : undefined
  if (kind !== 'Status' || !Array.isArray(causes) || causes.length < 2 || typeof message !== 'string') return value
  return { ...value, message: message.replace(/: \[.*/s, ': [...]') }
}
