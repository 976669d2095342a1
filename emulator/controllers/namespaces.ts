import { equal, timestamp } from '../api-server/json.ts'
import { StatusError } from '../api-server/status.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import type { World } from '../world.ts'
import { createCache } from './cache.ts'
import { type Kind, kindsOf } from './kinds.ts'
import { NAMESPACES, PODS } from './resources.ts'
import { createWorkQueue } from './work-queue.ts'

type Condition = {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime: string
  readonly reason: string
  readonly message: string
}

/** How long whoever holds a finalizer is thought to need. */
const FINALIZER_SECONDS = 15

/**
 * Empties the namespaces that are being deleted, and lets them go. While something holds, its conditions say what, in the words of
 * pkg/controller/namespace/deletion; it looks again after half the time that the slowest of it may take.
 */
export function runNamespaceController(client: Client, world: World): () => void {
  const sync = (name: string): void => {
    const namespace = namespaces.get(name)
    if (!namespace || namespace.metadata.deletionTimestamp === undefined) return
    if (finalizersOf(namespace).length === 0) return
    const kinds = kindsOf(client).filter(({ isNamespaced }) => isNamespaced)
    const graceSeconds = longestGrace(client, name)
    const errors: string[] = []
    for (const kind of kinds) empty(client, kind, name, errors)
    const left = kinds.flatMap((kind) => client.list(kind, { namespace: name }).map((object) => ({ kind, object })))
    const { status, ...rest } = namespace
    const conditions = conditionsFor(status as Status, left, errors, world.now())
    const now = namespaces.get(name)
    if (!now) return
    const written = equal(conditions, (status as Status).conditions)
      ? now
      : client.update(
          NAMESPACES,
          { ...rest, metadata: now.metadata, status: { ...(status as Status), conditions } },
          'status',
        )
    if (left.length > 0 || errors.length > 0) {
      const seconds = Math.max(
        graceSeconds,
        left.some(({ object }) => object.metadata.finalizers) ? FINALIZER_SECONDS : 0,
      )
      queue.addAfter(name, (Math.floor(seconds / 2) + 1) * 1000)
      return
    }
    const finalizers = finalizersOf(written).filter((each) => each !== 'kubernetes')
    client.update(NAMESPACES, { ...written, spec: { ...(written['spec'] as object), finalizers } }, 'finalize')
  }
  const queue = createWorkQueue(world, sync)
  const namespaces = createCache(client, NAMESPACES, ({ metadata }, before, isDeleted) => {
    if (!isDeleted && metadata.deletionTimestamp !== undefined && before?.metadata.deletionTimestamp === undefined)
      queue.add(metadata.name ?? '')
  })
  return () => {
    queue.stop()
    namespaces.stop()
  }
}

type Status = { readonly phase?: string; readonly conditions?: readonly Condition[] }
type Left = { readonly kind: Kind; readonly object: KubeObject }

const finalizersOf = (namespace: KubeObject): readonly string[] =>
  (namespace['spec'] as { finalizers?: readonly string[] } | undefined)?.finalizers ?? []

/** Seconds that the Pods in there may take to end, in the worst case. */
const longestGrace = (client: Client, namespace: string): number =>
  Math.max(
    0,
    ...client
      .list(PODS, { namespace })
      .filter(({ status }) => !['Succeeded', 'Failed'].includes((status as { phase?: string }).phase ?? ''))
      .map(({ spec }) => (spec as { terminationGracePeriodSeconds?: number }).terminationGracePeriodSeconds ?? 0),
  )

function empty(client: Client, { apiVersion, plural }: Kind, namespace: string, errors: string[]): void {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const path = `${root}/namespaces/${namespace}/${plural}`
  const response = client.send({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } })
  if (!('body' in response)) throw new Error(`${path}: a watch, where an answer was meant`)
  const { code, message } = response.body as { code?: number; message?: string }
  if (response.status < 300 || response.status === 404) return
  if (response.status >= 500) throw new StatusError(code ?? 500, '', message ?? path)
  errors.push(message ?? path)
}

function conditionsFor(
  { conditions = [] }: Status,
  left: readonly Left[],
  errors: readonly string[],
  now: number,
): readonly Condition[] {
  const holders = left.flatMap(({ object }) => object.metadata.finalizers ?? [])
  const remaining = tally(left.map(({ kind }) => `${kind.plural}.${kind.group}`)).map(
    ([what, count]) => `${what} has ${count} resource instances`,
  )
  const held = tally(holders).map(([what, count]) => `${what} in ${count} resource instances`)
  const say = (
    type: string,
    bad: string | undefined,
    badReason: string,
    okReason: string,
    okMessage: string,
  ): Condition => {
    const status = bad === undefined ? 'False' : 'True'
    const known = conditions.find((each) => each.type === type)
    const since = known?.status === status ? known.lastTransitionTime : timestamp(now)
    const [reason, message] = bad === undefined ? [okReason, okMessage] : [badReason, bad]
    return { type, status, lastTransitionTime: since, reason, message }
  }
  const failed =
    errors.length === 0
      ? undefined
      : `Failed to delete all resource types, ${errors.length} remaining: ${[...errors].sort().join(', ')}`
  const some = (what: string, list: readonly string[]): string | undefined =>
    list.length === 0 ? undefined : `${what}: ${list.join(', ')}`
  return [
    say(
      'NamespaceDeletionDiscoveryFailure',
      undefined,
      '',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    say(
      'NamespaceDeletionGroupVersionParsingFailure',
      undefined,
      '',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    say(
      'NamespaceDeletionContentFailure',
      failed,
      'ContentDeletionFailed',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    say(
      'NamespaceContentRemaining',
      some('Some resources are remaining', remaining),
      'SomeResourcesRemain',
      'ContentRemoved',
      'All content successfully removed',
    ),
    say(
      'NamespaceFinalizersRemaining',
      some('Some content in the namespace has finalizers remaining', held),
      'SomeFinalizersRemain',
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    ),
  ]
}

const tally = (words: readonly string[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
}
