/** One step of a path: a field's name, a list item by its keys or by its value, or (never written here) by its index. */
export type PathElement =
  | { readonly field: string }
  | { readonly key: readonly (readonly [name: string, value: unknown])[] }
  | { readonly value: unknown }
  | { readonly index: number }

export type Path = readonly PathElement[]

/** The member name in fieldsV1; equal elements have equal encodings. */
export function encode(element: PathElement): string {
  if ('field' in element) return `f:${element.field}`
  if ('key' in element) {
    return `k:{${element.key.map(([name, value]) => `${goJson(name)}:${goJson(value)}`).join(',')}}`
  }
  if ('value' in element) return `v:${goJson(element.value)}`
  return `i:${element.index}`
}

/** `undefined` for a kind of element that is not known, which the server skips. Throws for one that cannot be read. */
export function decode(text: string): PathElement | undefined {
  if (text.length < 2) throw new Error('key must be 2 characters long:')
  if (text[1] !== ':') throw new Error(`missing colon: ${text}`)
  const rest = text.slice(2)
  switch (text[0]) {
    case 'f':
      return { field: rest }
    case 'v':
      return { value: JSON.parse(rest) }
    case 'k':
      return { key: sortedKey(Object.entries(JSON.parse(rest) as object)) }
    case 'i':
      return { index: Number.parseInt(rest, 10) }
    default:
      return undefined
  }
}

export const sortedKey = (key: readonly (readonly [string, unknown])[]): (readonly [string, unknown])[] =>
  key.toSorted(([one], [other]) => order(one, other))

/** As the server prints it in a conflict: `.spec.containers[name="a"].image`. */
export const printed = (path: Path): string => path.map(printedElement).join('')

function printedElement(element: PathElement): string {
  if ('field' in element) return `.${element.field}`
  if ('key' in element) return `[${element.key.map(([name, value]) => `${name}=${shown(value)}`).join(',')}]`
  return 'value' in element ? `[=${shown(element.value)}]` : `[${element.index}]`
}

const shown = (value: unknown): string => (value === null ? 'null' : JSON.stringify(value))

/** Fields come first, then keys, values and indices, as the server sorts what it writes. */
export function compare(one: PathElement, other: PathElement): number {
  const ranks = rank(one) - rank(other)
  if (ranks !== 0) return ranks
  if ('field' in one && 'field' in other) return order(one.field, other.field)
  if ('key' in one && 'key' in other) return compareKeys(one.key, other.key)
  if ('value' in one && 'value' in other) return compareValues(one.value, other.value)
  if ('index' in one && 'index' in other) return one.index - other.index
  return 0
}

function rank(element: PathElement): number {
  if ('field' in element) return 0
  if ('key' in element) return 1
  return 'value' in element ? 2 : 3
}

type Key = readonly (readonly [string, unknown])[]

function compareKeys(one: Key, other: Key): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const [name, value] = one[at] as [string, unknown] // both lists are this long
    const [otherName, otherValue] = other[at] as [string, unknown]
    const result = order(name, otherName) || compareValues(value, otherValue)
    if (result !== 0) return result
  }
  return one.length - other.length
}

const kinds = ['number', 'string', 'boolean']

function compareValues(one: unknown, other: unknown): number {
  const kind = kinds.indexOf(typeof one) - kinds.indexOf(typeof other)
  if (kind !== 0) return kind
  if (typeof one === 'number') return one - Number(other)
  return order(String(one), String(other))
}

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** Of nothing but letters that neither JSON nor Go escapes. */
const plain = /^[ !#-%'-;=?-[\]-\u2027\u202a-\ud7ff\ue000-\uffff]*$/

/** Go escapes what could end a script element. */
const goJson = (value: unknown): string =>
  typeof value === 'string' && plain.test(value)
    ? `"${value}"`
    : JSON.stringify(value).replace(
        /[<>&\u2028\u2029]/g,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
