import type { FieldType } from './types.ts'

/** A type that refers to itself. */
export function cyclic(make: (self: FieldType) => FieldType): FieldType {
  const self: FieldType = {}
  return Object.assign(self, make(self))
}

/** Owned as a whole, whatever it is. */
export const atomic: FieldType = cyclic((self) => ({
  scalar: 'untyped',
  list: { relation: 'atomic', element: self },
  map: { relation: 'atomic', fields: new Map(), element: self },
}))

/** Nothing is known: maps are owned by their fields, lists as a whole. */
export const deduced: FieldType = cyclic((self) => ({
  scalar: 'untyped',
  list: { relation: 'atomic', element: atomic },
  map: { relation: 'granular', fields: new Map(), element: self },
}))
