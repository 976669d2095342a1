import { labelValueFaults, qualifiedNameFaults } from '../schema/names.ts'
import { badRequest } from './status.ts'
import type { KubeObject, ResourceType } from './types.ts'

export type Selector = (object: KubeObject) => boolean

type Token = { readonly text: string; readonly isSymbol: boolean }

const symbols = /^(!=|==|=|!|,|\(|\)|<|>)/

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    const [symbol] = symbols.exec(rest) ?? []
    const taken = symbol ?? /^[^\s!=,()<>]+/.exec(rest)?.[0] ?? rest[0] ?? ''
    tokens.push({ text: taken, isSymbol: symbol !== undefined })
    rest = rest.slice(taken.length).trimStart()
  }
  return tokens
}

const unparsed = (why: string): Error => badRequest(`unable to parse requirement: ${why}`)
const refuse = (found: string, expected: string): Error => unparsed(`found '${found}', expected: ${expected}`)
/** Between requirements; the real server says less there. */
const astray = (found: string, expected: string): Error => badRequest(`found '${found}', expected: ${expected}`)

/** Parses `a=b,c in (d,e),!f`, set-based requirements included. Throws the 400 of the real server. Pure. */
export function labelSelector(text: string): Selector {
  const tokens = tokensOf(text)
  const take = (): Token => tokens.shift() ?? { text: '', isSymbol: true }
  const requirements: Selector[] = []
  const labelOf = ({ metadata: { labels } }: KubeObject, key: string): string | undefined =>
    labels && Object.hasOwn(labels, key) ? labels[key] : undefined

  const keyFrom = ({ text: key, isSymbol }: Token): string => {
    if (isSymbol) throw refuse(key, 'identifier')
    const errors = qualifiedNameFaults(key)
    if (errors.length > 0) throw unparsed(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`)
    return key
  }
  const checkValues = (key: string, values: readonly string[]): void => {
    for (const [index, found] of values.entries()) {
      const errors = labelValueFaults(found)
      if (errors.length > 0)
        throw unparsed(`values[${index}][${key}]: Invalid value: ${JSON.stringify(found)}: ${errors.join('; ')}`)
    }
  }
  const exactValue = (): string => {
    if (isEnd()) return ''
    const { text: found, isSymbol } = take()
    if (isSymbol) throw refuse(found, 'identifier')
    return found
  }
  const isEnd = (): boolean => tokens.length === 0 || tokens[0]?.text === ','
  const set = (key: string): Set<string> => {
    const open = take()
    if (open.text !== '(') throw unparsed(`found '${open.text}' expected: '('`)
    const found = new Set<string>()
    for (;;) {
      const next = take()
      if (next.text === ')') {
        checkValues(key, [...found].sort())
        return found.size === 0 ? found.add('') : found
      }
      if (next.text === ',') {
        if (tokens[0]?.text === ',' || tokens[0]?.text === ')') found.add('')
        continue
      }
      if (next.isSymbol) throw refuse(next.text, "',', ')' or identifier")
      found.add(next.text)
      const after = tokens[0]?.text ?? ''
      if (after !== ',' && after !== ')') throw refuse(after, "',' or ')'")
    }
  }

  const requirement = (): Selector => {
    const first = take()
    if (first.text === '!') {
      const key = keyFrom(take())
      return (object) => labelOf(object, key) === undefined
    }
    const key = keyFrom(first)
    if (isEnd()) return (object) => labelOf(object, key) !== undefined
    const operator = take().text
    if (operator === 'in' || operator === 'notin') {
      const values = set(key)
      return operator === 'in'
        ? (object) => values.has(labelOf(object, key) ?? '\0')
        : (object) => !values.has(labelOf(object, key) ?? '\0')
    }
    if (operator === '<' || operator === '>') {
      const text = exactValue()
      const limit = Number(text)
      if (text === '' || !Number.isInteger(limit))
        throw unparsed(
          `values[0]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        )
      return (object) => {
        const found = Number(labelOf(object, key) ?? Number.NaN)
        return operator === '<' ? found < limit : found > limit
      }
    }
    if (operator !== '=' && operator !== '==' && operator !== '!=')
      throw refuse(operator, 'in, notin, =, ==, !=, gt, lt')
    const wanted = exactValue()
    checkValues(key, [wanted])
    return operator === '!=' ? (object) => labelOf(object, key) !== wanted : (object) => labelOf(object, key) === wanted
  }

  while (tokens.length > 0) {
    const [first] = tokens
    if (first?.isSymbol && first.text !== '!') throw astray(first.text, "!, identifier, or 'end of string'")
    requirements.push(requirement())
    if (tokens.length === 0) break
    const comma = take()
    if (comma.text !== ',') throw astray(comma.text, "',' or 'end of string'")
    if (tokens.length === 0) throw astray('', "identifier after ','")
  }
  return (object) => requirements.every((holds) => holds(object))
}

/** Parses `metadata.name=a,status.phase!=b`; throws the 400 of the real server, also for unknown fields. Pure. */
export function fieldSelector(text: string, type: ResourceType): Selector {
  const requirements = text
    .split(/(?<!\\),/)
    .filter((part) => part !== '')
    .map((part): Selector => {
      const [, field = '', operator, wanted = ''] = /^([^=!]*)(!=|==|=)(.*)$/.exec(part) ?? []
      if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
      const read = readerOf(field, type)
      const [bad] = /^=|(?<=(?:^|[^\\])(?:\\\\)*)=/.exec(wanted) ?? []
      if (bad !== undefined) throw badRequest('invalid field selector: unescaped character in value: 61')
      const [odd] = /\\(?![\\,=]).?/.exec(wanted.replaceAll(/\\[\\,=]/g, '')) ?? []
      if (odd !== undefined) throw badRequest(`invalid field selector: invalid escape sequence: ${odd}`)
      const unescaped = wanted.replaceAll(/\\([\\,=])/g, '$1')
      return operator === '!=' ? (object) => read(object) !== unescaped : (object) => read(object) === unescaped
    })
  return (object) => requirements.every((holds) => holds(object))
}

/** The name that a field selector asks for, if it is the only thing that can match: what RBAC's resourceNames need. */
export const nameIn = (text: string): string | undefined => /(?:^|,)metadata\.name==?([^,]*)/.exec(text)?.[1]

const readerOf = (field: string, type: ResourceType): ((object: KubeObject) => string) => {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name ?? ''
  if (field === 'metadata.namespace' && type.namespaced) return ({ metadata }) => metadata.namespace ?? ''
  const known = Object.hasOwn(type.selectable, field) ? type.selectable[field] : undefined
  if (known) return known
  if (type.isCustom || Object.keys(type.selectable).length > 0)
    throw badRequest(
      type.kind === 'Job' ? `field label "${field}" not supported for Job` : `field label not supported: ${field}`,
    )
  throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
}
