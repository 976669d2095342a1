import table from './fields.json' with { type: 'json' }

// The table was derived by test/cluster/tools/protobuf-fields.ts. A field is `"<JSON name>": "<number> <type>"`, its type a scalar of
// protobuf or another message, `list` or `map` (of strings to it) before it. `?` after it: not written when it is zero, as Go's
// omitempty has it; `!`: users have to say it. `+` before the name: the fields of the message are those of the one around it.

export type Field = {
  readonly name: string
  readonly type: string
  readonly shape: 'one' | 'list' | 'map'
  readonly isInline: boolean
  readonly isOmittedWhenZero: boolean
  readonly isRequired: boolean
}

const encoded: Readonly<Record<string, Readonly<Record<string, string>>>> = table.messages
const kinds: Readonly<Record<string, string>> = table.kinds
const known = new Map<string, ReadonlyMap<number, Field>>()

/** The message that an object of a kind is; `undefined` for a kind that is not in the table. Options are of any version. */
export const messageOf = (apiVersion: string, kind: string): string | undefined =>
  kind === 'DeleteOptions' ? 'meta.v1.DeleteOptions' : kinds[`${apiVersion}/${kind}`]

/** The fields of a message by their number; `undefined` for what is no message. */
export function fieldsOf(message: string): ReadonlyMap<number, Field> | undefined {
  const found = known.get(message)
  if (found) return found
  const rows = encoded[message]
  if (!rows) return undefined
  const fields = new Map(Object.entries(rows).map(([name, text]) => fieldFrom(name, text)))
  known.set(message, fields)
  return fields
}

function fieldFrom(name: string, text: string): [number, Field] {
  const [number, ...words] = text.replace(/[?!]+$/, '').split(' ')
  const shape = words[0] === 'list' || words[0] === 'map' ? words[0] : 'one'
  const isInline = name.startsWith('+')
  const field: Field = {
    name: isInline ? name.slice(1) : name,
    type: words.at(-1) ?? '',
    shape,
    isInline,
    isOmittedWhenZero: text.includes('?'),
    isRequired: text.endsWith('!'),
  }
  return [Number(number), field]
}
