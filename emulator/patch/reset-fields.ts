import { notImplemented } from './errors.ts'
import { emptySet, type FieldSet, setOf } from './field-set.ts'
import type { TypeInfo } from './types.ts'

const field = (...names: string[]) => names.map((name) => ({ field: name }))

const known = ['', 'status', 'scale', 'finalize']
const statusOnly = setOf(field('status'))
const specOnly = setOf(field('spec'))

/** What the endpoint of `subresource` ('' for the object's own) does not write, and so nobody owns through it. */
export function resetFields({ kind, isCustom, apiVersion, hasStatus }: TypeInfo, subresource: string): FieldSet {
  if (!known.includes(subresource)) throw notImplemented(`managedFields of the subresource ${subresource}`)
  if (!hasStatus) return emptySet
  if (subresource !== 'status') return statusOnly
  if (isCustom) return specOnly
  switch (`${apiVersion}/${kind}`) {
    case 'v1/Pod':
      return setOf(field('spec'), field('metadata', 'deletionTimestamp'), field('metadata', 'ownerReferences'))
    case 'apps/v1/Deployment':
      return setOf(field('spec'), field('metadata', 'labels'))
    default:
      return specOnly
  }
}
