import { type Call, inVersion, tableOf } from './context.ts'
import { CRDS } from './crd.ts'
import { equal } from './json.ts'
import { checkListOptions, integer, malformedVersion, prefixOf, selectorOf } from './list.ts'
import { isTrue } from './request-info.ts'
import { nameIn } from './selectors.ts'
import { expired, statusBody } from './status.ts'
import { type Change, keyOf } from './store.ts'
import type { Json, KubeObject, WatchEvent, WatchStream } from './types.ts'

/** `render` makes of an object what the client asked for, say a row of a Table. */
export function watch(call: Call, render: (object: KubeObject) => Json): WatchStream {
  const { core, type, info } = call
  const { query } = info
  const { store } = core
  const table = tableOf(type)
  const prefix = prefixOf(call)
  checkListOptions(call, true)
  const selects = selectorOf(call)
  const version = query.get('resourceVersion') ?? ''
  if (version !== '' && !/^\d+$/.test(version)) throw malformedVersion(version)
  const initial = query.get('sendInitialEvents')
  const wantsAll = initial === null ? version === '' || version === '0' : isTrue(initial)
  const wantsBookmarks = isTrue(query.get('allowWatchBookmarks')) && query.has('allowWatchBookmarks')
  const timeout = integer(query.get('timeoutSeconds'))
  let stop = (): void => {}

  const eventOf = (change: Change): WatchEvent | undefined => {
    if (!keyOf(change.object).startsWith(prefix)) return undefined
    const { object, before } = change
    const isIn = change.type !== 'DELETED' && selects(object)
    const wasIn = before !== undefined && selects(before)
    if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object: render(inVersion(object, type)) }
    if (!wasIn) return undefined
    if (change.type === 'DELETED') return { type: 'DELETED', object: render(inVersion(object, type)) }
    // It left the selector: shown as it was before, at the revision of the change.
    const resourceVersion = object.metadata.resourceVersion ?? ''
    const left = { ...before, metadata: { ...before.metadata, resourceVersion } }
    return { type: 'DELETED', object: render(inVersion(left, type)) }
  }

  const bookmark = (revision: number): WatchEvent => {
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const metadata = { annotations, resourceVersion: String(revision) }
    const { kind } = type
    const empty = { ...zeroOf(type.isCustom, kind), apiVersion: inVersionName(call), kind, metadata }
    return { type: 'BOOKMARK', object: render(empty) }
  }

  return {
    start: (deliver, end) => {
      // The real server's memory of a custom resource begins anew with each change of its CRD.
      const crd = type.isCustom ? store.get(CRDS, table) : undefined
      const oldest = Math.max(store.compacted(), Number(crd?.metadata.resourceVersion ?? 0))
      if (!wantsAll && version !== '' && Number(version) < oldest) {
        const error = expired(`too old resource version: ${version} (${oldest})`)
        deliver({ type: 'ERROR', object: statusBody(error) as Json })
        return end()
      }
      if (wantsAll) {
        for (const object of store.list(table, prefix) ?? [])
          if (selects(object)) deliver({ type: 'ADDED', object: render(inVersion(object, type)) })
        if (wantsBookmarks) deliver(bookmark(store.revision()))
      } else {
        const after = version === '' ? store.revision() : Number(version)
        for (const change of store.changesAfter(table, after)) {
          const event = eventOf(change)
          if (event) deliver(event)
        }
      }
      const ofObjects = store.subscribe(
        table,
        (change) => {
          const event = eventOf(change)
          if (event && change.revision > Number(version || 0)) deliver(event)
        },
        scopeOf(call),
      )
      const ofDefinition = type.isCustom
        ? store.subscribe(
            CRDS,
            ({ type: change, object, before }) => {
              if (change !== 'DELETED' && equal(object['spec'], before?.['spec'])) return
              stop()
              end()
            },
            table,
          )
        : undefined
      stop = () => {
        ofObjects()
        ofDefinition?.()
      }
    },
    close: () => stop(),
    ...(timeout !== 0 && { timeoutSeconds: Math.max(timeout, 0) }),
  }
}

/** What of the resource the watch is about: one object, a namespace, or all. */
function scopeOf(call: Call): string {
  const { info, type } = call
  const name = info.name || nameIn(info.query.get('fieldSelector') ?? '')
  if (name === undefined || (type.namespaced && info.namespace === undefined)) return prefixOf(call)
  return `${prefixOf(call)}${name}`
}

const inVersionName = ({ type }: Call): string => (type.group === '' ? type.version : `${type.group}/${type.version}`)

const zeroes: Readonly<Record<string, Json>> = {
  Pod: { spec: { containers: null }, status: {} },
  Job: { spec: { template: { metadata: {}, spec: { containers: null } } }, status: {} },
  Service: { spec: {}, status: { loadBalancer: {} } },
  Deployment: {
    spec: { selector: null, strategy: {}, template: { metadata: {}, spec: { containers: null } } },
    status: {},
  },
  Lease: { spec: {} },
  Role: { rules: null },
}

/** A bookmark of a built-in kind shows the empty fields of its Go type; only those that matter here. */
const zeroOf = (isCustom: boolean, kind: string): Json => (isCustom ? {} : (zeroes[kind] ?? {}))
