import type { Core } from '../context.ts'
import { at, isObject, listAt, textAt } from '../json.ts'
import { forbidden } from '../status.ts'
import type { Json, KubeObject } from '../types.ts'
import { entriesOf } from '../validation/checks.ts'
import { amountOf, asNumber, type Quantity, quantityText } from '../validation/quantity.ts'
import { podTotal } from './usage.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})
const rangesIn = (core: Core, namespace: string): readonly KubeObject[] =>
  core.store.list('limitranges', `${namespace}/`) ?? []
const annotation = 'kubernetes.io/limit-ranger'

/** A new Pod with the namespace's default requests and limits, and a word about them. */
export function withDefaultLimits(core: Core, pod: KubeObject): KubeObject {
  return rangesIn(core, pod.metadata.namespace ?? '').reduce(withRange, pod)
}

function withRange(pod: KubeObject, range: KubeObject): KubeObject {
  const items = listAt(range, 'spec', 'limits').filter((item) => textAt(item, 'type') === 'Container')
  const of = (key: string): Json => Object.assign({}, ...items.map((item) => record(at(item, key)))) as Json
  const [limits, requests] = [of('default'), of('defaultRequest')]
  const words: string[] = []
  const filled =
    (what: string) =>
    (container: unknown): Json => {
      const given = record(at(container, 'resources'))
      const fill = (key: string, defaults: Json, word: string): Json => {
        const added = Object.keys(defaults).filter((name) => at(given, key, name) === undefined)
        if (added.length > 0) words.push(`${added.sort().join(', ')} ${word} for ${what} ${textAt(container, 'name')}`)
        const all = { ...defaults, ...record(given[key]) }
        return Object.keys(all).length > 0 ? { [key]: all } : {}
      }
      const asked = fill('requests', requests, 'request')
      return { ...record(container), resources: { ...given, ...fill('limits', limits, 'limit'), ...asked } }
    }
  const spec = record(pod['spec'])
  const lists = Object.fromEntries(
    [['containers', 'container'] as const, ['initContainers', 'init container'] as const].flatMap(([key, what]) =>
      Array.isArray(spec[key]) ? [[key, listAt(spec, key).map(filled(what))]] : [],
    ),
  )
  if (words.length === 0) return pod
  const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${words.join('; ')}` }
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec: { ...spec, ...lists } }
}

/** 403 for a new Pod or a claim beyond its namespace's bounds. */
export function checkLimits(core: Core, object: KubeObject, plural: string): void {
  for (const range of rangesIn(core, object.metadata.namespace ?? '')) {
    const found = listAt(range, 'spec', 'limits').flatMap((item) => faultsOf(item, object))
    if (found.length === 0) continue
    const text = found.length === 1 ? (found[0] ?? '') : `[${[...new Set(found)].join(', ')}]`
    throw forbidden({ group: '', plural }, object.metadata.name ?? '', text)
  }
}

type Amounts = { readonly requests: Json; readonly limits: Json }

function faultsOf(item: unknown, object: KubeObject): readonly string[] {
  const type = textAt(item, 'type')
  if (object.kind === 'PersistentVolumeClaim') {
    if (type !== 'PersistentVolumeClaim') return []
    const requests = record(at(object, 'spec', 'resources', 'requests'))
    return [
      ...bounds(item, 'min').flatMap(([name, bound]) => below(name, type, bound, requests, {})),
      ...bounds(item, 'max').flatMap(([name, bound]) => {
        const asked = requests[name]
        const head = `maximum ${name} usage per ${type} is ${quantityText(bound)}`
        if (asked === undefined) return [`${head}.  No request is specified`]
        return amountOf(asked).nano > bound.nano ? [`${head}, but request is ${quantityText(amountOf(asked))}`] : []
      }),
    ]
  }
  if (type === 'Container')
    return ['containers', 'initContainers'].flatMap((key) =>
      listAt(object, 'spec', key).flatMap((container) =>
        within(item, type, {
          requests: record(at(container, 'resources', 'requests')),
          limits: record(at(container, 'resources', 'limits')),
        }),
      ),
    )
  if (type !== 'Pod') return []
  return within(item, type, { requests: podTotal(object, 'requests'), limits: podTotal(object, 'limits') })
}

const bounds = (item: unknown, key: string): readonly (readonly [string, Quantity])[] =>
  entriesOf(at(item, key)).map(([name, value]) => [name, amountOf(value)])

function below(name: string, type: string, bound: Quantity, requests: Json, limits: Json): readonly string[] {
  const head = `minimum ${name} usage per ${type} is ${quantityText(bound)}`
  if (requests[name] === undefined) return [`${head}.  No request is specified`]
  const request = amountOf(requests[name])
  if (request.nano < bound.nano) return [`${head}, but request is ${quantityText(request)}`]
  const limit = amountOf(limits[name])
  return limits[name] !== undefined && limit.nano < bound.nano ? [`${head}, but limit is ${quantityText(limit)}`] : []
}

function within(item: unknown, type: string, { requests, limits }: Amounts): readonly string[] {
  const above = ([name, bound]: readonly [string, Quantity]): readonly string[] => {
    const head = `maximum ${name} usage per ${type} is ${quantityText(bound)}`
    if (limits[name] === undefined) return [`${head}.  No limit is specified`]
    const limit = amountOf(limits[name])
    if (limit.nano > bound.nano) return [`${head}, but limit is ${quantityText(limit)}`]
    const request = amountOf(requests[name])
    return request.nano > bound.nano ? [`${head}, but request is ${quantityText(request)}`] : []
  }
  const ratio = ([name, bound]: readonly [string, Quantity]): readonly string[] => {
    const head = `${name} max limit to request ratio per ${type} is ${quantityText(bound)}`
    const [request, limit] = [amountOf(requests[name]), amountOf(limits[name])]
    if (request.nano === 0n) return [`${head}, but no request is specified or request is 0`]
    if (limit.nano === 0n) return [`${head}, but no limit is specified or limit is 0`]
    const found = asNumber(limit) / asNumber(request)
    return found > asNumber(bound) ? [`${head}, but provided ratio is ${found.toFixed(6)}`] : []
  }
  return [
    ...bounds(item, 'min').flatMap(([name, bound]) => below(name, type, bound, requests, limits)),
    ...bounds(item, 'max').flatMap(above),
    ...bounds(item, 'maxLimitRequestRatio').flatMap(ratio),
  ]
}
