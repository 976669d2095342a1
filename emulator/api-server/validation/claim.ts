import { forbidden, invalid, required } from '../../schema/field-error.ts'
import { at, equal, isObject, listAt, without } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { among, type Errors, entriesOf, has, immutable, labelSelector, subdomain, text } from './checks.ts'
import { amountOf, quantityText } from './quantity.ts'
import { quantityErrors } from './resources.ts'

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const record = (value: unknown): Json => (isObject(value) ? value : {})
const fixedText =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n'

export function claimErrors(claim: KubeObject, old?: KubeObject, subresource = ''): Errors {
  if (subresource === 'status')
    return entriesOf(at(claim, 'status', 'capacity')).flatMap(([name, value]) =>
      amountOf(value).nano < 0n
        ? [
            invalid(
              `status.capacity[${name}]`,
              Number(amountOf(value).nano / 1_000_000_000n),
              'must be a valid resource quantity',
            ),
          ]
        : quantityErrors(name, value, `status.capacity[${name}]`),
    )
  const spec = claim['spec']
  const access = listAt(spec, 'accessModes').map(String)
  const storage = at(spec, 'resources', 'requests', 'storage')
  const path = 'spec.resources[storage]'
  const className = text(spec, 'storageClassName')
  return [
    ...(access.length === 0 ? [required('spec.accessModes', 'at least 1 access mode is required')] : []),
    ...(isObject(at(spec, 'selector')) ? labelSelector(at(spec, 'selector'), 'spec.selector') : []),
    ...access.flatMap((mode) => among(mode, 'spec.accessModes', modes)),
    ...(access.includes('ReadWriteOncePod') && access.length > 1
      ? [forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes')]
      : []),
    ...(storage === undefined
      ? [required(path, '')]
      : amountOf(storage).nano <= 0n
        ? [invalid(path, quantityText(amountOf(storage)), 'must be greater than zero')]
        : []),
    ...(className === '' ? [] : subdomain(className, 'spec.storageClassName')),
    ...among(at(spec, 'volumeMode'), 'spec.volumeMode', ['Block', 'Filesystem']),
    ...(old ? changeErrors(record(spec), record(old['spec']), text(old['status'], 'phase')) : []),
  ]
}

/** (The real message goes on with a diff of its Go structs.) */
function changeErrors(spec: Json, old: Json, phase: string): Errors {
  const growable = phase === 'Bound'
  const rest = (each: Json, isNew: boolean): Json => {
    const named = isNew && text(old, 'volumeName') === '' ? { ...each, volumeName: old['volumeName'] } : each
    return growable ? { ...named, resources: without(record(named['resources']), 'requests') } : named
  }
  const size = (each: Json): bigint => amountOf(at(each, 'resources', 'requests', 'storage')).nano
  return [
    ...(equal(rest(spec, true), rest(old, false)) ? [] : [forbidden('spec', fixedText)]),
    ...(growable && size(spec) < size(old)
      ? [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')]
      : []),
    ...(has(old, 'volumeMode')
      ? immutable(spec['volumeMode'], 'volumeMode', spec['volumeMode'] === old['volumeMode'])
      : []),
  ]
}
