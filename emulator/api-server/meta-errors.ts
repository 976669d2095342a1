import { invalid } from '../schema/field-error.ts'
import { validateMeta } from '../schema/object-meta.ts'
import type { FieldError, KubeObject, ResourceType } from './types.ts'

const standard = ['kubernetes', 'foregroundDeletion', 'orphan']

/** What the real server says of an object's metadata, in its order: of a built-in kind's finalizers a little more. Pure. */
export function metaErrors({ metadata }: KubeObject, type: ResourceType): readonly FieldError[] {
  const scope = type.namespaced ? 'Namespaced' : 'Cluster'
  const errors = validateMeta(metadata, scope, type.nameFaults)
  if (type.isCustom || type.kind === 'Lease' || type.kind === 'Event') return errors
  const odd = (metadata.finalizers ?? []).flatMap((name, index) =>
    name.includes('/') || standard.includes(name)
      ? []
      : [
          invalid(
            `metadata.finalizers[${index}]`,
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  )
  return [...errors, ...odd]
}

/** What the real server warns of in a custom object's metadata. Pure. */
export const metaWarnings = ({ metadata }: KubeObject, { isCustom }: ResourceType): readonly string[] =>
  (isCustom ? (metadata.finalizers ?? []) : [])
    .filter((each) => each !== '' && !each.includes('/') && !standard.includes(each))
    .map(
      (each) =>
        `metadata.finalizers: ${JSON.stringify(each)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )
