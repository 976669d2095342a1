import { StatusError } from '../api-server/status.ts'
import { type FieldSet, pathsOf } from './field-set.ts'
import { keyOf, type ManagerId, type Owner } from './managed-fields.ts'
import { type Path, printed } from './path-element.ts'

export type FieldConflict = { readonly id: ManagerId; readonly path: Path }

/** The real server lists managers in random order: here they are sorted. */
export const conflictsOf = (
  found: readonly { readonly owner: Owner; readonly fields: FieldSet }[],
): readonly FieldConflict[] =>
  found
    .toSorted((one, other) => (keyOf(one.owner.id) < keyOf(other.owner.id) ? -1 : 1))
    .flatMap(({ owner: { id }, fields }) => pathsOf(fields).map((path) => ({ id, path })))

export function conflictError(conflicts: readonly FieldConflict[]): StatusError {
  return new StatusError(409, 'Conflict', messageOf(conflicts), {
    causes: conflicts.map(({ id, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${named(id)}`,
      field: printed(path),
    })),
  })
}

function messageOf(conflicts: readonly FieldConflict[]): string {
  const [only] = conflicts
  if (only && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${named(only.id)}: ${printed(only.path)}`
  }
  const byManager = Map.groupBy(conflicts, ({ id }) => keyOf(id))
  const lines = [...byManager]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, [first, ...rest]]) =>
      first ? [`conflicts with ${named(first.id)}:`, ...[first, ...rest].map(({ path }) => `- ${printed(path)}`)] : [],
    )
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function named({ manager, subresource, operation, apiVersion }: ManagerId): string {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
