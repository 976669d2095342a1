import { forbidden, invalid, required } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at, equal, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { type Errors, each, entriesOf, faults, has, immutable, repeated, text } from './checks.ts'
import { amountOf, isWholeQuantity, quantityText } from './quantity.ts'
import { standardResources } from './resources.ts'

const inQuotas = standardResources.filter((name) => !['storage', 'nodes', 'hugepages-'].includes(name))
const whole = [
  ...['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'persistentvolumeclaims'],
  ...['configmaps', 'services.nodeports', 'services.loadbalancers'],
]

const quotaEntry = (name: string, value: unknown, path: string): Errors => {
  const amount = amountOf(value)
  const wrong = faults(name, path, qualifiedNameFaults(name))
  const isKnown = name.includes('/') || inQuotas.includes(name) || /^(requests\.)?hugepages-/.test(name)
  const isStandard = name.includes('/') || standardResources.includes(name) || wrong.length > 0 || isKnown
  return [
    ...wrong,
    ...(isStandard ? [] : [invalid(path, name, 'must be a standard resource type or fully qualified')]),
    ...(isKnown ? [] : [invalid(path, name, 'must be a standard resource for quota')]),
    ...(amount.nano < 0n
      ? [invalid(path, quantityText(amount), 'must be greater than or equal to 0')]
      : whole.includes(name) && !isWholeQuantity(amount)
        ? [invalid(path, quantityText(amount), 'must be an integer')]
        : []),
  ]
}

const list = (value: unknown, path: string): Errors =>
  entriesOf(value).flatMap(([name, amount]) => quotaEntry(name, amount, `${path}[${name}]`))

const scopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort']
const sized = ['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

function scopeErrors(spec: unknown): Errors {
  const given = listAt(spec, 'scopes').map(String)
  const hard = entriesOf(at(spec, 'hard')).map(([name]) => name)
  const conflicts = [scopes.slice(0, 2), scopes.slice(2)].some((pair) => pair.every((each) => given.includes(each)))
  return [
    ...given.flatMap((scope) => {
      if (!scopes.includes(scope)) return [invalid('spec.scopes', given, 'unsupported scope')]
      const fits = (name: string): boolean => (scope === 'BestEffort' ? name === 'pods' : sized.includes(name))
      return hard.some((name) => inQuotas.includes(name) && !fits(name))
        ? [invalid('spec.scopes', given, 'unsupported scope applied to resource')]
        : []
    }),
    ...(conflicts ? [invalid('spec.scopes', given, 'conflicting scopes')] : []),
  ]
}

export function quotaErrors(quota: KubeObject, old?: KubeObject, subresource = ''): Errors {
  if (subresource === 'status')
    return [...list(at(quota, 'status', 'hard'), 'status.hard'), ...list(at(quota, 'status', 'used'), 'status.used')]
  const given = at(quota, 'spec', 'scopes')
  const before = at(old, 'spec', 'scopes')
  return [
    ...list(at(quota, 'spec', 'hard'), 'spec.hard'),
    ...scopeErrors(quota['spec']),
    ...(old && !isSame(given, before) ? immutable(given, 'spec.scopes', false) : []),
  ]
}

const isSame = (a: unknown, b: unknown): boolean =>
  equal([...(Array.isArray(a) ? a : [])].sort(), [...(Array.isArray(b) ? b : [])].sort())

const limitTypes = ['Pod', 'Container', 'PersistentVolumeClaim']

export function limitRangeErrors(range: KubeObject): Errors {
  const seen = new Set<string>()
  return each(range['spec'], 'limits', 'spec', (item, path) => {
    const type = text(item, 'type')
    const isTwice = seen.has(type)
    seen.add(type)
    const wrong = faults(type, `${path}.type`, qualifiedNameFaults(type))
    const isKnown = type.includes('/') || limitTypes.includes(type) || wrong.length > 0
    return [
      ...wrong,
      ...(isKnown ? [] : [invalid(`${path}.type`, type, 'must be a standard limit type or fully qualified')]),
      ...(isTwice ? [repeated(type, `${path}.type`)] : []),
      ...limitErrors(item, type, path),
    ]
  })
}

function limitErrors(item: unknown, type: string, path: string): Errors {
  const keys = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const
  const inContainers = ['cpu', 'memory', 'ephemeral-storage']
  const names = keys.flatMap((key) =>
    (key === 'default' || key === 'defaultRequest') && type === 'Pod'
      ? has(item, key) && entriesOf(at(item, key)).length > 0
        ? [forbidden(`${path}.${key}`, "may not be specified when `type` is 'Pod'")]
        : []
      : entriesOf(at(item, key)).flatMap(([name]): Errors => {
          const place = `${path}.${key}[${name}]`
          const wrong = faults(name, place, qualifiedNameFaults(name))
          if (name.includes('/')) return wrong
          if (type === 'PersistentVolumeClaim')
            return name === 'storage' || wrong.length > 0
              ? wrong
              : [invalid(place, name, 'must be a standard resource type or fully qualified')]
          return [
            ...wrong,
            ...(wrong.length > 0 || standardResources.includes(name) || name.startsWith('hugepages-')
              ? []
              : [invalid(place, name, 'must be a standard resource type or fully qualified')]),
            ...(type === 'Container' && !inContainers.includes(name) && !name.startsWith('hugepages-')
              ? [invalid(place, name, 'must be a standard resource for containers')]
              : []),
          ]
        }),
  )
  const isClaim = type === 'PersistentVolumeClaim'
  const hasStorage = ['min', 'max'].some((key) => has(at(item, key), 'storage'))
  const missing =
    isClaim && !hasStorage
      ? [required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided')]
      : []
  const all = [...new Set(keys.flatMap((key) => entriesOf(at(item, key)).map(([name]) => name)))].sort()
  return [...names, ...missing, ...all.flatMap((name) => boundErrors(item, name, path))]
}

/** One resource's maximum, minimum, default and default request, and how they must be to each other. */
function boundErrors(item: unknown, name: string, path: string): Errors {
  const of = (key: string) => (has(at(item, key), name) ? amountOf(at(item, key, name)) : undefined)
  const [max, min, limit, request, ratio] = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'].map(of)
  const place = (key: string): string => `${path}.${key}[${name}]`
  const more = (a: typeof max, b: typeof max): boolean => a !== undefined && b !== undefined && a.nano > b.nano
  const say = (field: string, shown: typeof max, words: string, a: typeof max, b: typeof max): Errors =>
    more(a, b)
      ? [invalid(place(field), quantityText(shown ?? amountOf(0)), words.replace('%a', show(a)).replace('%b', show(b)))]
      : []
  const show = (amount: typeof max): string => quantityText(amount ?? amountOf(0))
  const one = 1_000_000_000n
  return [
    ...say('min', min, 'min value %a is greater than max value %b', min, max),
    ...say('defaultRequest', request, 'min value %a is greater than default request value %b', min, request),
    ...say('defaultRequest', request, 'default request value %a is greater than max value %b', request, max),
    ...say(
      'defaultRequest',
      request,
      'default request value %a is greater than default limit value %b',
      request,
      limit,
    ),
    ...say('default', min, 'min value %a is greater than default value %b', min, limit),
    ...say('default', max, 'default value %a is greater than max value %b', limit, max),
    ...(ratio !== undefined && ratio.nano < one
      ? [invalid(place('maxLimitRequestRatio'), show(ratio), `ratio ${show(ratio)} is less than 1`)]
      : []),
    ...(ratio !== undefined &&
    max !== undefined &&
    min !== undefined &&
    min.nano > 0n &&
    ratio.nano * min.nano > max.nano * one
      ? [
          invalid(
            place('maxLimitRequestRatio'),
            show(ratio),
            `ratio ${show(ratio)} is greater than max/min = ${(Number(max.nano) / Number(min.nano)).toFixed(6)}`,
          ),
        ]
      : []),
  ]
}
