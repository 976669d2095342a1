import { emptySet, type FieldSet, isEmpty, recursiveDifference, setOf, sorted, union } from './field-set.ts'
import type { Path } from './path-element.ts'
import { handle, isKnown, typeOfField } from './shapes.ts'
import type { FieldType } from './types.ts'
import { deduced } from './untyped.ts'

/**
 * Owned fields as the schema of today divides them: where a map or list has become atomic, who owned something in it
 * owns the whole. The other way nothing changes. Pure.
 */
export function reconciled(type: FieldType, fields: FieldSet): FieldSet {
  const wholes: Path[] = []
  const visit = (type: FieldType, set: FieldSet, path: Path, isWhole: boolean): void =>
    handle(type, {
      scalar: () => undefined,
      list: (list) => {
        if (!isWhole && list.relation === 'atomic') wholes.push(path)
        else for (const node of sorted(set)) descend(list.element, node, path)
      },
      map: (map) => {
        if (map.element === deduced && map.fields.size === 0) return
        if (!isWhole && map.relation === 'atomic') {
          if (!isEmpty(set)) wholes.push(path)
          return
        }
        for (const node of sorted(set)) {
          const { element } = node
          const inner = 'field' in element ? typeOfField(map, element.field) : (map.element ?? {})
          if (isKnown(inner)) descend(inner, node, path)
        }
      },
    })
  const descend = (type: FieldType, node: ReturnType<typeof sorted>[number], path: Path): void =>
    visit(type, node.below, [...path, node.element], node.isMember && isEmpty(node.below))

  visit(type, fields, [], false)
  const found = wholes.length === 0 ? emptySet : setOf(...wholes)
  return isEmpty(found) ? fields : union(recursiveDifference(fields, found), found)
}
