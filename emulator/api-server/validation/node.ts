import { isIP } from 'node:net'
import { duplicate, forbidden, invalid, required } from '../../schema/field-error.ts'
import { labelValueFaults } from '../../schema/names.ts'
import { at, equal, isObject, listAt, without } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { among, type Errors, each, entriesOf, faults, qualifiedName, text } from './checks.ts'
import { quantityOf } from './quantity.ts'
import { quantityErrors } from './resources.ts'

const noQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** core/v1: taints, addresses of its Pods, amounts, and what of its spec may change. */
export function nodeErrors(node: KubeObject, old?: KubeObject): Errors {
  // The real server looks at the taints of a changed Node twice.
  const again = old ? taintErrors(node) : []
  return [
    ...taintErrors(node),
    ...again,
    ...amountErrors(node, old),
    ...(old ? changeErrors(node, old) : cidrErrors(node)),
  ]
}

function taintErrors({ spec }: KubeObject): Errors {
  const seen = new Set<string>()
  return each(spec, 'taints', 'metadata', (taint, path) => {
    const [key, value, effect] = [text(taint, 'key'), text(taint, 'value'), text(taint, 'effect')]
    const name = `${key} ${effect}`
    const isTwice = seen.has(name)
    seen.add(name)
    const shown = { Key: key, Value: value, Effect: effect, TimeAdded: at(taint, 'timeAdded') ?? null }
    return [
      ...qualifiedName(key, `${path}.key`),
      ...faults(value, `${path}.value`, labelValueFaults(value)),
      ...(effect === '' ? [required(`${path}.effect`, '')] : among(effect, `${path}.effect`, effects)),
      ...(isTwice
        ? [
            {
              ...duplicate(path, new Map<string, unknown>(Object.entries(shown))),
              detail: 'taints must be unique by key and effect pair',
            },
          ]
        : []),
    ]
  })
}

function amountErrors({ status }: KubeObject, old: KubeObject | undefined): Errors {
  const capacity = at(status, 'capacity')
  const all = { capacity, allocatable: at(status, 'allocatable') ?? (old ? undefined : capacity) }
  return Object.entries(all).flatMap(([field, amounts]) =>
    entriesOf(amounts).flatMap(([name, amount]) => [
      ...qualifiedName(name, `status.${field}.${name}`),
      ...(quantityOf(amount) ? [] : [invalid(`status.${field}.${name}`, amount, noQuantity)]),
      ...quantityErrors(name, amount, `status.${field}.${name}`),
    ]),
  )
}

const cidrsOf = ({ spec }: KubeObject): readonly string[] => {
  const all = listAt(spec, 'podCIDRs').map(String)
  const one = text(spec, 'podCIDR')
  return all.length === 0 && one !== '' ? [one] : all
}

function cidrErrors(node: KubeObject): Errors {
  const all = cidrsOf(node)
  const wrong = all.flatMap((cidr, index) => {
    const [address = '', bits = ''] = cidr.split('/')
    const family = isIP(address)
    const isGood = family !== 0 && /^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
    const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
    return isGood ? [] : [invalid(`spec.podCIDRs[${index}]`, cidr, detail)]
  })
  const families = all.map((cidr) => isIP(cidr.split('/')[0] ?? ''))
  if (wrong.length > 0 || new Set(families).size === all.length) return wrong
  return [invalid('spec.podCIDRs', all, 'may specify no more than one CIDR for each IP family')]
}

const changing = ['taints', 'unschedulable', 'podCIDR', 'podCIDRs', 'providerID', 'configSource']

function changeErrors(node: KubeObject, old: KubeObject): Errors {
  const addresses = listAt(node['status'], 'addresses')
  const twice = addresses.flatMap((address, index) =>
    addresses.findIndex((other) => equal(other, address)) < index
      ? [
          duplicate(
            `status.addresses[${index}]`,
            new Map([
              ['Type', text(address, 'type')],
              ['Address', text(address, 'address')],
            ]),
          ),
        ]
      : [],
  )
  const [cidrs, id] = [cidrsOf(old), text(old['spec'], 'providerID')]
  const others = (each: KubeObject): unknown => (isObject(each['spec']) ? without(each['spec'], ...changing) : {})
  return [
    ...twice,
    ...(cidrs.length > 0 && !equal(cidrs, cidrsOf(node))
      ? [forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')]
      : []),
    ...(cidrs.length === 0 ? cidrErrors(node) : []),
    ...(id !== '' && id !== text(node['spec'], 'providerID')
      ? [forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')]
      : []),
    ...(equal(others(node), others(old))
      ? []
      : [
          forbidden(
            'spec',
            'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)',
          ),
        ]),
  ]
}
