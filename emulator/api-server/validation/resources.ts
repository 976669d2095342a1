import { forbidden, invalid, required } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at } from '../json.ts'
import { type Errors, entriesOf, faults } from './checks.ts'
import { amountOf, isWholeQuantity, quantityText } from './quantity.ts'

export const standardInContainers = ['cpu', 'memory', 'ephemeral-storage']
const isHuge = (name: string): boolean => name.startsWith('hugepages-')
const isExtended = (name: string): boolean =>
  name.includes('/') && !name.startsWith('kubernetes.io/') && !name.startsWith('requests.')
/** Names without a prefix that mean something anywhere. */
export const standardResources = [
  ...['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage'],
  ...['limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services'],
  ...['replicationcontrollers', 'secrets', 'persistentvolumeclaims', 'configmaps', 'services.nodeports'],
  ...['services.loadbalancers', 'requests.storage', 'storage', 'nodes', 'hugepages-'],
]

const nameErrors = (name: string, path: string): Errors => {
  const found = faults(name, path, qualifiedNameFaults(name))
  if (found.length > 0) return [...found, ...(name.includes('/') ? [] : [notForContainers(name, path)])]
  if (name.includes('/')) return []
  return [
    ...(standardResources.includes(name) || isHuge(name)
      ? []
      : [invalid(path, name, 'must be a standard resource type or fully qualified')]),
    ...(standardInContainers.includes(name) || isHuge(name) ? [] : [notForContainers(name, path)]),
  ]
}
const notForContainers = (name: string, path: string) =>
  invalid(path, name, 'must be a standard resource for containers')

export const quantityErrors = (name: string, value: unknown, path: string): Errors => {
  const amount = amountOf(value)
  if (amount.nano < 0n) return [invalid(path, quantityText(amount), 'must be greater than or equal to 0')]
  return isExtended(name) && !isWholeQuantity(amount) ? [invalid(path, quantityText(amount), 'must be an integer')] : []
}

/** Of a container: names, amounts, and requests below limits. */
export function resourceErrors(given: unknown, path: string): Errors {
  const limits = entriesOf(at(given, 'limits'))
  const requests = entriesOf(at(given, 'requests'))
  const all = [...limits, ...requests].map(([name]) => name)
  const of = (entries: typeof limits, key: string): Errors =>
    entries.flatMap(([name, value]) => {
      const place = `${path}.${key}[${name}]`
      return [...nameErrors(name, place), ...quantityErrors(name, value, place)]
    })
  const compared = requests.flatMap(([name, value]): Errors => {
    const limit = limits.find(([each]) => each === name)
    const request = amountOf(value)
    const isFixed = isExtended(name) || isHuge(name)
    if (!limit) return isFixed ? [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')] : []
    const most = amountOf(limit[1])
    if (isFixed && request.nano !== most.nano)
      return [
        invalid(`${path}.requests`, quantityText(request), `must be equal to ${name} limit of ${quantityText(most)}`),
      ]
    return request.nano > most.nano
      ? [
          invalid(
            `${path}.requests`,
            quantityText(request),
            `must be less than or equal to ${name} limit of ${quantityText(most)}`,
          ),
        ]
      : []
  })
  const needsMore = all.some(isHuge) && !all.some((name) => name === 'cpu' || name === 'memory')
  return [
    ...of(limits, 'limits'),
    ...of(requests, 'requests'),
    ...compared,
    ...(needsMore ? [forbidden(path, 'HugePages require cpu or memory')] : []),
  ]
}
