import type { Literals } from './decode-faults.ts'
import { MOST_LEVELS, tooDeep } from './size.ts'

/**
 * JSON as the real server reads it: what is wrong with a text in the words of Go's encoding/json, the fields that it names twice, and how
 * it writes numbers that JavaScript writes otherwise; JSON.parse keeps these to itself. Pure.
 */
export type Parsed =
  | { readonly value: unknown; readonly duplicates: readonly string[]; readonly literals: Literals }
  | { readonly fault: string }

type Reader = {
  readonly text: string
  at: number
  level: number
  readonly duplicates: string[]
  readonly literals: Map<string, string>
}
class Fault extends Error {}

const END = 'unexpected end of JSON input'

export function parseJson(text: string): Parsed {
  const reader: Reader = { text, at: 0, level: 0, duplicates: [], literals: new Map() }
  try {
    const value = readValue(reader, '', 'looking for beginning of value')
    skip(reader)
    if (reader.at < text.length) throw unexpected(reader, 'after top-level value')
    return { value, duplicates: reader.duplicates, literals: reader.literals }
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message }
    throw error
  }
}

/** What is wrong with the text; `undefined` if nothing is. */
export const faultIn = (text: string): string | undefined => {
  const parsed = parseJson(text)
  return 'fault' in parsed ? parsed.fault : undefined
}

const quoted = (letter: string): string => {
  if (letter === "'") return "'\\''"
  if (letter === '"') return `'"'`
  const code = letter.codePointAt(0) ?? 0
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' }
  if (known[letter]) return `'${known[letter]}'`
  return code < 32 || code === 127 ? `'\\x${code.toString(16).padStart(2, '0')}'` : `'${letter}'`
}

const unexpected = ({ text, at }: Reader, where: string): Fault =>
  new Fault(at >= text.length ? END : `invalid character ${quoted(text[at] ?? '')} ${where}`)

function skip(reader: Reader): void {
  while (' \t\r\n'.includes(reader.text[reader.at] ?? 'x')) reader.at += 1
}

function readValue(reader: Reader, path: string, where: string): unknown {
  skip(reader)
  const letter = reader.text[reader.at] ?? ''
  if (letter === '{' || letter === '[') {
    reader.level += 1
    if (reader.level > MOST_LEVELS) throw deepFault(reader.text)
    const value = letter === '{' ? readObject(reader, path) : readList(reader, path)
    reader.level -= 1
    return value
  }
  if (letter === '"') return readText(reader)
  if (/[-0-9]/.test(letter)) return readNumber(reader, path)
  for (const [word, value] of [
    ['true', true],
    ['false', false],
    ['null', null],
  ] as const)
    if (letter === word[0]) return readWord(reader, word, value)
  throw unexpected(reader, where)
}

/** Go reads 10,000 levels. */
function deepFault(text: string): Error {
  let level = 0
  for (const [found] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    level += '[{'.includes(found) ? 1 : ']}'.includes(found) ? -1 : 0
    if (level > 10_000) return new Fault(`invalid character ${quoted(found)} exceeded max depth`)
  }
  return tooDeep()
}

function readWord(reader: Reader, word: string, value: unknown): unknown {
  for (const [index, letter] of [...word].entries()) {
    if (reader.text[reader.at] !== letter)
      throw unexpected(reader, `in literal ${word} (expecting ${quoted(word[index] ?? '')})`)
    reader.at += 1
  }
  return value
}

function readNumber(reader: Reader, path: string): number {
  const found = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(reader.text.slice(reader.at, reader.at + 400))
  if (!found) {
    reader.at += 1
    throw unexpected(reader, 'in numeric literal')
  }
  const [text] = found
  reader.at += text.length
  const number = Number(text)
  if (String(number) !== text && text !== '-0') reader.literals.set(path, text)
  return number
}

function readText(reader: Reader): string {
  const from = reader.at
  for (reader.at += 1; reader.at < reader.text.length; reader.at += 1) {
    const letter = reader.text[reader.at] ?? ''
    if (letter === '"') {
      reader.at += 1
      return JSON.parse(reader.text.slice(from, reader.at)) as string // looked at letter by letter
    }
    if (letter < ' ') throw unexpected(reader, 'in string literal')
    if (letter !== '\\') continue
    reader.at += 1
    const follower = reader.text[reader.at] ?? ''
    if (follower === 'u') {
      for (let digit = 0; digit < 4; digit += 1) {
        reader.at += 1
        if (!/[0-9a-fA-F]/.test(reader.text[reader.at] ?? ''))
          throw unexpected(reader, 'in \\u hexadecimal character escape')
      }
    } else if (!'"\\/bfnrt'.includes(follower) || follower === '') throw unexpected(reader, 'in string escape code')
  }
  throw new Fault(END)
}

function readList(reader: Reader, path: string): unknown[] {
  const items: unknown[] = []
  reader.at += 1
  skip(reader)
  if (reader.text[reader.at] === ']') {
    reader.at += 1
    return items
  }
  for (;;) {
    items.push(readValue(reader, `${path}[${items.length}]`, 'looking for beginning of value'))
    skip(reader)
    const letter = reader.text[reader.at]
    if (letter !== ',' && letter !== ']') throw unexpected(reader, 'after array element')
    reader.at += 1
    if (letter === ']') return items
  }
}

function readObject(reader: Reader, path: string): Readonly<Record<string, unknown>> {
  const fields = new Map<string, unknown>()
  reader.at += 1
  skip(reader)
  if (reader.text[reader.at] === '}') {
    reader.at += 1
    return {}
  }
  for (;;) {
    skip(reader)
    if (reader.text[reader.at] !== '"') throw unexpected(reader, 'looking for beginning of object key string')
    const key = readText(reader)
    const place = path === '' ? key : `${path}.${key}`
    skip(reader)
    if (reader.text[reader.at] !== ':') throw unexpected(reader, 'after object key')
    reader.at += 1
    if (fields.has(key) && !reader.duplicates.includes(place)) reader.duplicates.push(place)
    fields.set(key, readValue(reader, place, 'looking for beginning of value'))
    skip(reader)
    const letter = reader.text[reader.at]
    if (letter !== ',' && letter !== '}') throw unexpected(reader, 'after object key:value pair')
    reader.at += 1
    if (letter === '}') return Object.fromEntries(fields)
  }
}
