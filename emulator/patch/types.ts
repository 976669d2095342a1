/** A JSON value as it came off the wire: nothing is known about it yet. */
export type JsonObject = { readonly [key: string]: unknown }

/**
 * What patches and ownership need to know about a field, as structured-merge-diff's schema knows it. A type may allow
 * several shapes (`untyped` allows all three); the value then decides.
 */
export type FieldType = {
  readonly scalar?: 'string' | 'numeric' | 'boolean' | 'untyped'
  /** Of a built-in kind's scalar: what Go makes of it, where that is more than a text, a float64 or a bool. */
  readonly go?: GoType
  readonly list?: ListType
  readonly map?: MapType
}

export type GoType = 'int32' | 'int64' | 'time' | 'microTime' | 'intOrString' | 'quantity' | 'bytes'

/** Without `keys` an associative list is a set of scalars. */
export type ListType = {
  readonly relation: 'atomic' | 'associative'
  readonly keys?: readonly string[]
  readonly element: FieldType
}

/** `element` is the type of fields that `fields` does not name; without it they are not in the schema. */
export type MapType = {
  /** Of the Go struct, for messages. */
  readonly name?: string
  readonly relation: 'atomic' | 'granular'
  readonly fields: ReadonlyMap<string, Field>
  readonly element?: FieldType
}

export type Field = {
  readonly type: FieldType
  /** Of a list's key that may be left out. */
  readonly default?: unknown
  /** For strategic merge patch, on lists of objects. */
  readonly mergeKey?: string
  readonly strategy?: readonly ('merge' | 'replace' | 'retainKeys')[]
  /** In Go a struct and no pointer: always there, `{}` when empty. */
  readonly isStruct?: true
  /** A list or map that is written even when empty. */
  readonly isRequired?: true
  /** A scalar that Go does not tell from none when it is `''`, `0` or `false`. */
  readonly isOmittedWhenZero?: true
}

/** What the patches of one kind in one version need to know. `builtInType` and `customType` make it. */
export type TypeInfo = {
  readonly apiVersion: string
  readonly kind: string
  readonly root: FieldType
  /** Custom resources know no strategic merge patch, and keep fields that are `null`. */
  readonly isCustom: boolean
  /** Whether `status` is written through its own subresource only. */
  readonly hasStatus: boolean
  /** What the server starts from when it creates one: Go's zero value as JSON. */
  readonly empty: JsonObject
  /** Other versions of the same kind whose fields have the same names and types. */
  readonly alsoVersions?: readonly string[]
}

export type ManagedFieldsEntry = {
  readonly manager?: string
  readonly operation?: string
  readonly apiVersion?: string
  readonly time?: string
  readonly fieldsType?: string
  readonly fieldsV1?: JsonObject
  readonly subresource?: string
}
