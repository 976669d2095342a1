import { NotImplementedError } from './field-error.ts'

/** A pattern that Go's regexp package refuses; `message` is what it says. */
export class RegexpError extends Error {
  constructor(message: string) {
    super(`error parsing regexp: ${message}`)
    this.name = 'RegexpError'
  }
}

const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}
const scripts = ['Latin', 'Greek', 'Cyrillic', 'Han', 'Hiragana', 'Katakana', 'Hebrew', 'Arabic', 'Thai']
const SPACES = '\\t\\n\\f\\r '

const compiled = new Map<string, RegExp | RegexpError>()

/** An RE2 pattern as a JavaScript one that matches the same. Throws `RegexpError` for what RE2 refuses. Pure. */
export function compileRegexp(pattern: string): RegExp {
  const known = compiled.get(pattern) ?? compile(pattern)
  if (compiled.size > 10_000) compiled.clear()
  compiled.set(pattern, known)
  if (known instanceof RegexpError) throw known
  return known
}

function compile(pattern: string): RegExp | RegexpError {
  let source: string
  let flags: string
  try {
    const translated = translate(pattern)
    source = translated.source
    flags = translated.flags
  } catch (error) {
    if (error instanceof RegexpError) return error
    throw error
  }
  try {
    return new RegExp(source, flags)
  } catch (error) {
    throw new NotImplementedError(`the regular expression ${pattern} (${(error as Error).message})`)
  }
}

const literal = (letter: string): string => (/[\^$\\.*+?()[\]{}|/-]/.test(letter) ? `\\${letter}` : letter)
const inClass = (letter: string): string => (/[\\\]^[-]/.test(letter) ? `\\${letter}` : letter)

function translate(pattern: string): { source: string; flags: string } {
  let flags = 'u'
  let rest = pattern
  const leading = /^\(\?([ims]+)\)/.exec(rest)
  if (leading) {
    flags += [...new Set(leading[1])].join('')
    rest = rest.slice(leading[0].length)
  }
  const isMultiline = flags.includes('m')
  let source = ''
  let depth = 0
  let canRepeat = false
  const eat = (text: string, isAtom: boolean, length: number): void => {
    source += text
    canRepeat = isAtom
    rest = rest.slice(length)
  }
  while (rest !== '') {
    const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0)
    if (letter === '\\') {
      const { text, length, isAtom } = escapeOf(rest)
      eat(text, isAtom, length)
    } else if (letter === '[') {
      const { text, length } = classOf(rest)
      eat(text, true, length)
    } else if (letter === '(') {
      depth++
      const group = /^\((\?(:|[imsU]*(-[imsU]+)?:|P?<(\w+)>)?)?/.exec(rest)
      if (rest.startsWith('(?')) {
        const isGroup = group?.[2] !== undefined
        if (!isGroup) {
          if (/^\(\?[imsU-]+\)/.test(rest))
            throw new NotImplementedError(`flags within the regular expression ${pattern}`)
          const bad = /^\(\?<?./.exec(rest)?.[0] ?? '(?'
          throw new RegexpError(
            bad.length < 3
              ? 'missing argument to repetition operator: `?`'
              : `invalid or unsupported Perl syntax: \`${bad}\``,
          )
        }
        if (group[2]?.includes('U')) throw new NotImplementedError(`flag U in the regular expression ${pattern}`)
        eat(group[4] === undefined ? group[0] : `(?<${group[4]}>`, false, group[0].length)
      } else eat('(', false, 1)
    } else if (letter === ')') {
      if (depth-- === 0) throw new RegexpError(`unexpected ): \`${pattern}\``)
      eat(')', true, 1)
    } else if (/[*+?]/.test(letter) || /^\{\d+(,\d*)?\}/.test(rest)) {
      const repeat = /^([*+?]|\{(\d+)(,(\d*))?\})\??/.exec(rest)
      const operator = repeat?.[0] ?? letter
      if (!canRepeat) {
        if (/^[*+?}]/.test(source.at(-1) ?? '') && !source.endsWith('\\}') && /[*+?}]$/.test(source))
          throw new RegexpError(`invalid nested repetition operator: \`${source.at(-1)}${operator}\``)
        throw new RegexpError(`missing argument to repetition operator: \`${operator}\``)
      }
      if (Number(repeat?.[2] ?? 0) > 1000 || Number(repeat?.[4] ?? 0) > 1000)
        throw new RegexpError(`invalid repeat count: \`${operator}\``)
      if (repeat?.[4] && Number(repeat[4]) < Number(repeat[2]))
        throw new RegexpError(`invalid repeat count: \`${operator}\``)
      eat(operator, false, operator.length)
    } else if (letter === '.') eat(flags.includes('s') ? '.' : '[^\\n]', true, 1)
    else if (letter === '^') eat(isMultiline ? '(?<=(?<![^])|\\n)' : '^', true, 1)
    else if (letter === '$') eat(isMultiline ? '(?=\\n|(?![^]))' : '$', true, 1)
    else if (letter === '|') eat('|', false, 1)
    else eat(literal(letter) === '\\-' ? '-' : literal(letter), true, letter.length)
  }
  if (depth > 0) throw new RegexpError(`missing closing ): \`${pattern}\``)
  return { source, flags: flags.replace('m', '') }
}

function escapeOf(rest: string): { text: string; length: number; isAtom: boolean } {
  const next = rest[1]
  if (next === undefined) throw new RegexpError('trailing backslash at end of expression: ``')
  const atom = (text: string, length = 2) => ({ text, length, isAtom: true })
  if (next === 'A') return atom('(?<![^])')
  if (next === 'z') return atom('(?![^])')
  if (next === 'Q') {
    const end = rest.indexOf('\\E', 2)
    const quoted = end < 0 ? rest.slice(2) : rest.slice(2, end)
    const text = [...quoted].map((letter) => (letter === '-' ? '-' : literal(letter))).join('')
    return { text, length: end < 0 ? rest.length : end + 2, isAtom: quoted !== '' }
  }
  if (next === 'b' || next === 'B') return atom(`\\${next}`)
  if (next === 's') return atom(`[${SPACES}]`)
  if (next === 'S') return atom(`[^${SPACES}]`)
  if (next === 'C') throw new NotImplementedError('\\C in a regular expression')
  const { text, length } = plainEscape(rest)
  return atom(text, length)
}

/** What means the same within a class and outside. */
function plainEscape(rest: string): { text: string; length: number } {
  const next = rest[1] ?? ''
  if (/[dDwW]/.test(next)) return { text: `\\${next}`, length: 2 }
  if (/[fnrtv]/.test(next)) return { text: `\\${next}`, length: 2 }
  if (next === 'a') return { text: '\\x07', length: 2 }
  const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(rest)
  if (hex) return { text: `\\u{${hex[1] ?? hex[2]}}`, length: hex[0].length }
  const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)
  if (octal) return { text: `\\u{${Number.parseInt(octal[1] ?? '0', 8).toString(16)}}`, length: octal[0].length }
  const property = /^\\([pP])(?:([A-Z])|\{(\^?)(\w+)\})/.exec(rest)
  if (property) {
    const name = property[2] ?? property[4] ?? ''
    const isNegated = (property[1] === 'P') !== (property[3] === '^')
    if (!scripts.includes(name) && !/^[CLMNPSZ][a-z]?$/.test(name))
      throw new NotImplementedError(`\\p{${name}} in a regular expression`)
    const text = scripts.includes(name) ? `Script=${name}` : name
    return { text: `\\${isNegated ? 'P' : 'p'}{${text}}`, length: property[0].length }
  }
  if (/[0-9A-Za-z]/.test(next) || (next.codePointAt(0) ?? 0) >= 0x80)
    throw new RegexpError(`invalid escape sequence: \`\\${next}\``)
  return {
    text: /[\^$\\.*+?()[\]{}|/-]/.test(next) ? `\\${next}` : `\\u{${next.charCodeAt(0).toString(16)}}`,
    length: 2,
  }
}

function classOf(rest: string): { text: string; length: number } {
  const isNegated = rest[1] === '^'
  let at = isNegated ? 2 : 1
  let text = isNegated ? '[^' : '['
  for (let isFirst = true; ; isFirst = false) {
    const here = rest.slice(at)
    if (here === '') throw new RegexpError(`missing closing ]: \`${rest}\``)
    const letter = String.fromCodePoint(here.codePointAt(0) ?? 0)
    if (letter === ']' && !isFirst) return { text: `${text}]`, length: at + 1 }
    const named = /^\[:(\^?)(\w+):\]/.exec(here)
    if (named) {
      const set = posix[named[2] ?? '']
      if (set === undefined) throw new RegexpError(`invalid character class range: \`${named[0]}\``)
      if (named[1]) throw new NotImplementedError(`${named[0]} in a regular expression`)
      text += set
      at += named[0].length
    } else if (letter === '\\' && (here[1] === 's' || here[1] === 'S')) {
      text += here[1] === 's' ? SPACES : '\\0-\\x08\\x0B\\x0E-\\x1F!-\\u{10FFFF}'
      at += 2
    } else if (letter === '\\') {
      const escaped = plainEscape(here)
      text += escaped.text
      at += escaped.length
    } else if (letter === '-') {
      const isEdge = isFirst || here[1] === ']'
      text += isEdge ? '\\-' : '-'
      at += 1
      const before = /(.)-(.)/u.exec(rest.slice(at - 2, at + 1))
      if (!isEdge && before?.[1] && before[2] && before[2] !== '\\' && before[1] > before[2])
        throw new RegexpError(`invalid character class range: \`${before[0]}\``)
    } else {
      text += inClass(letter)
      at += letter.length
    }
  }
}
