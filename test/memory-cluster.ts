import { isDeepStrictEqual } from 'node:util'
import { ConflictError, NotFoundError, PermanentError } from '#sdk/errors.ts'
import { type Cluster, type Kind, type KubernetesObject, keyOf, type ListQuery, refOf, secondsOf } from '#sdk/index.ts'
import type { Live, Ref } from '#sdk/object.ts'
import { applyMergePatch } from './apply-merge-patch.ts'
import { NOW } from './ports.ts'

export type MemoryCall = {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'patchStatus' | 'delete'
  readonly kind: string
  /** Counts from 1. */
  readonly number: number
}

/** Stands around every call: to fail it before `commit`, to lose the answer after it, or to make it wait. */
export type Around = <R>(call: MemoryCall, commit: () => R) => R | Promise<R>

export type MemoryCluster = Cluster & {
  readonly calls: readonly MemoryCall[]
  /** The calls since `from` that were not reads, as `verb Kind`. */
  writes(from?: number): readonly string[]
  /** Looks without being counted. */
  all<T extends KubernetesObject>(kind: Kind<T>): readonly Live<T>[]
  /** What another writer makes of an object, status and all. */
  put(object: KubernetesObject): void
  /** Foreground deletion comes to its end: whatever is being deleted goes. */
  finishDeletions(): void
}

type Stored = Live & { readonly spec?: unknown; readonly status?: unknown }
type Body = { readonly metadata?: Partial<Live['metadata']> }

/** An API server for tests of the loop: names, preconditions and the status subresource. No schemas, no controllers. */
export const createMemoryCluster = (
  given: readonly KubernetesObject[] = [],
  around: Around = (_, commit) => commit(),
  now: () => Date = () => NOW,
): MemoryCluster => {
  const objects = new Map<string, Stored>()
  const calls: MemoryCall[] = []
  let revision = 0

  const keyFor = (kind: string, ref: Ref) => {
    if (['', '.', '..'].includes(ref.name) || /[/%]/.test(ref.name)) throw new PermanentError('MalformedName', ref.name)
    return `${kind} ${keyOf(ref)}`
  }
  const store = (key: string, object: KubernetesObject): Stored => {
    revision += 1
    const uid = `${String(revision).padStart(8, '0')}-0000-4000-8000-000000000000`
    const metadata = {
      uid,
      generation: 1,
      creationTimestamp: secondsOf(now()),
      ...object.metadata,
      resourceVersion: String(revision),
    }
    objects.set(key, overTheWire({ ...object, metadata }) as Stored)
    return objects.get(key) as Stored
  }
  const request = async <R>(verb: MemoryCall['verb'], { kind }: Kind, commit: () => unknown): Promise<R> => {
    const call = { verb, kind, number: calls.length + 1 }
    calls.push(call)
    return (await around(call, () => overTheWire(commit()))) as R
  }
  const merge = (kind: Kind, ref: Ref, body: Body, part: 'main' | 'status'): Stored => {
    const key = keyFor(kind.kind, ref)
    const before = objects.get(key)
    if (!before) throw new NotFoundError(`${key} is not there`)
    const { metadata: asked = {}, ...rest } = overTheWire(body)
    for (const field of ['resourceVersion', 'uid'] as const) {
      if ((asked[field] ?? before.metadata[field]) !== before.metadata[field])
        throw new ConflictError(`${field}: ${key}`)
    }
    const patched = applyMergePatch(before, rest) as Stored
    const { labels, annotations, ownerReferences } = asked
    const metadata = applyMergePatch(
      before.metadata,
      overTheWire({ labels, annotations, ownerReferences }),
    ) as Live['metadata']
    const generation = (metadata.generation ?? 0) + (isDeepStrictEqual(patched.spec, before.spec) ? 0 : 1)
    const main = { ...patched, status: before.status, metadata: { ...metadata, generation } }
    const after = overTheWire(part === 'status' ? { ...before, status: patched.status } : main)
    return isDeepStrictEqual(after, before) ? before : store(key, after)
  }
  async function* list<T>(kind: Kind, query: ListQuery = {}): AsyncGenerator<T> {
    const isAsked = isSelectedBy(query)
    yield* await request<T[]>('list', kind, () =>
      [...objects.values()].filter((o) => o.kind === kind.kind && isAsked(o)),
    )
  }

  for (const object of given) store(keyFor(object.kind, refOf(object)), object)
  return {
    calls,
    writes: (from = 0) =>
      calls.slice(from).flatMap(({ verb, kind }) => (verb === 'get' || verb === 'list' ? [] : `${verb} ${kind}`)),
    all: <T extends KubernetesObject>({ kind }: Kind<T>) =>
      overTheWire([...objects.values()].filter((object) => object.kind === kind)) as unknown as Live<T>[],
    put: (object) => void store(keyFor(object.kind, refOf(object)), object),
    finishDeletions: () => {
      for (const [key, { metadata }] of objects) if (metadata.deletionTimestamp !== undefined) objects.delete(key)
    },
    get: (kind, ref) => request('get', kind, () => objects.get(keyFor(kind.kind, ref))),
    list,
    listMetadata: async function* (kind, query) {
      for await (const { apiVersion, metadata } of list<Stored>(kind, query))
        yield { apiVersion, kind: kind.kind, metadata }
    },
    create: (kind, { status: _, ...object }: KubernetesObject & { status?: unknown }) =>
      request('create', kind, () => {
        const key = keyFor(kind.kind, refOf(object))
        if (objects.has(key)) throw new ConflictError(`${key} already exists`)
        return store(key, object)
      }),
    patch: (kind, ref, body) => request('patch', kind, () => merge(kind, ref, body, 'main')),
    patchStatus: (kind, ref, body) => request('patchStatus', kind, () => merge(kind, ref, body, 'status')),
    delete: (kind, ref, uid, { force } = {}) =>
      request('delete', kind, () => {
        const key = keyFor(kind.kind, ref)
        const object = objects.get(key)
        if (object?.metadata.uid !== uid) return
        if (force) return void objects.delete(key)
        if (object.metadata.deletionTimestamp !== undefined) return
        store(key, { ...object, metadata: { ...object.metadata, deletionTimestamp: secondsOf(NOW) } })
      }),
  }
}

/** A copy, as Go's JSON makes it: nobody shares an object with the API server, and empty maps of metadata are left out. */
const overTheWire = <T>(value: T): T => {
  const isEmpty = (map: unknown) => typeof map === 'object' && map !== null && Object.keys(map).length === 0
  const text = JSON.stringify(value, (key, map) =>
    /^(annotations|labels)$/.test(key) && isEmpty(map) ? undefined : map,
  )
  return text === undefined ? value : (JSON.parse(text) as T)
}

/** Labels equal to something, fields of the status not equal to something: what is asked for today. All else throws. */
const isSelectedBy = ({ namespace, labelSelector, fieldSelector }: ListQuery) => {
  const labels = (labelSelector?.split(',') ?? []).map((text) => text.split('='))
  const fields = (fieldSelector?.split(',') ?? []).map((text) => /^status\.([\w.]+)!=(\w*)$/.exec(text)?.slice(1))
  if (labels.some(({ length }) => length !== 2) || fields.includes(undefined))
    throw new Error('selector not implemented')
  return ({ metadata, status }: Stored): boolean =>
    (namespace === undefined || metadata.namespace === namespace) &&
    labels.every(([key = '', value]) => metadata.labels?.[key] === value) &&
    fields.every((field) => textAt(status, field?.[0] ?? '') !== field?.[1])
}

/** A field that is absent selects like an empty one. */
const textAt = (object: unknown, path: string): string => {
  let value = object
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
  return String(value ?? '')
}
