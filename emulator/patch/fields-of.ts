import {
  below,
  collector,
  type FieldSet,
  fieldStep,
  hasMember,
  isEmpty,
  type Step,
  sorted,
  stepOf,
} from './field-set.ts'
import { encode, type Path } from './path-element.ts'
import { elementOf, handle, isObject, shapeOf, typeOfField } from './shapes.ts'
import type { FieldType } from './types.ts'

/** All fields of an object that can be owned (structured-merge-diff's `ToFieldSet`). Pure. */
export function fieldsOf(type: FieldType, object: unknown): FieldSet {
  const found = collector()
  const visit = (type: FieldType, value: unknown, path: readonly Step[]): void =>
    handle(shapeOf(type, value), {
      scalar: () => found.insert(path),
      list: (list) => {
        if (list.relation === 'atomic') return found.insert(path)
        if (!Array.isArray(value)) return
        const named = value.map((item) => ({ step: stepOf(elementOf(list, item)), item }))
        const counts = Map.groupBy(named, ({ step }) => step.name)
        for (const { step, item } of named) {
          const at = [...path, step]
          if (counts.get(step.name)?.length === 1) visit(list.element, item, at)
          found.insert(at)
        }
      },
      map: (map) => {
        if (map.relation === 'atomic') return found.insert(path)
        if (!isObject(value)) return
        for (const [field, inner] of Object.entries(value)) {
          const at = [...path, fieldStep(field)]
          visit(typeOfField(map, field), inner, at)
          const isVoid = inner === null || (isObject(inner) && Object.keys(inner).length === 0)
          if (isVoid || !map.fields.has(field)) found.insert(at)
        }
      },
    })
  visit(type, object, [])
  return found.set
}

/** Without the fields and items of `set`; `null` where nothing is left of a part. Never changes the object. Pure. */
export function withoutFields(type: FieldType, object: unknown, set: FieldSet): unknown {
  return handle(shapeOf(type, object), {
    scalar: () => object,
    list: (list) => {
      if (!Array.isArray(object) || object.length === 0 || list.relation === 'atomic') return null
      const items = object.flatMap((item) => {
        const element = elementOf(list, item)
        if (hasMember(set, element)) return []
        const inner = below(set, element)
        return [isEmpty(inner) ? item : withoutFields(list.element, item, inner)]
      })
      return items.length === 0 ? null : items
    },
    map: (map) => {
      if (!isObject(object) || Object.keys(object).length === 0 || map.relation === 'atomic') return null
      const entries = Object.entries(object).flatMap(([field, value]) => {
        if (hasMember(set, { field })) return []
        const inner = below(set, { field })
        return [[field, isEmpty(inner) ? value : withoutFields(typeOfField(map, field), value, inner)] as const]
      })
      return entries.length === 0 ? null : Object.fromEntries(entries)
    },
  })
}

/** With the schema's own fields added wherever something below them is in the set. Pure. */
export function withNamedFields(type: FieldType, set: FieldSet): FieldSet {
  return new Map(
    sorted(set).map(({ element, isMember, below: inner }) => {
      const isNamed = 'field' in element && inner.size > 0 && type.map?.fields.has(element.field) === true
      return [
        encode(element),
        { element, isMember: isMember || isNamed, below: withNamedFields(typeBelow(type, element), inner) },
      ]
    }),
  )
}

function typeBelow(type: FieldType, element: Path[number]): FieldType {
  if ('field' in element && type.map) return typeOfField(type.map, element.field)
  return 'key' in element && type.list ? type.list.element : {}
}
