import { badRequest } from './status.ts'
import type { KubeObject, ResourceType } from './types.ts'

export type Selector = (object: KubeObject) => boolean

type Token = { readonly text: string; readonly isSymbol: boolean }

const symbols = /^(!=|==|=|!|,|\(|\)|<|>)/
const name = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)$/
const value = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/

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

const refuse = (found: string, expected: string): Error =>
  badRequest(`unable to parse requirement: found '${found}', expected: ${expected}`)

/** Parses `a=b,c in (d,e),!f`, set-based requirements included. Throws the 400 of the real server. Pure. */
export function labelSelector(text: string): Selector {
  const tokens = tokensOf(text)
  const take = (): Token => tokens.shift() ?? { text: '', isSymbol: true }
  const requirements: Selector[] = []
  const labelOf = (object: KubeObject, key: string): string | undefined => object.metadata.labels?.[key]

  const keyFrom = ({ text: key, isSymbol }: Token, expected = 'identifier'): string => {
    if (isSymbol) throw refuse(key, expected)
    if (!name.test(key)) throw badRequest(`unable to parse requirement: ${keyObjection(key)}`)
    return key
  }
  const valueFrom = (key: string, { text: found }: Token): string => {
    if (!value.test(found)) throw badRequest(`unable to parse requirement: ${valueObjection(key, found)}`)
    return found
  }
  const isEnd = (): boolean => tokens.length === 0 || tokens[0]?.text === ','
  const set = (key: string): Set<string> => {
    const open = take()
    if (open.text !== '(') throw refuse(open.text, "'('")
    const found = new Set<string>()
    for (;;) {
      const next = take()
      if (next.text === ')') return found.size === 0 ? found.add('') : found
      if (next.text === ',') {
        if (tokens[0]?.text === ',' || tokens[0]?.text === ')') found.add('')
        continue
      }
      if (next.isSymbol) throw refuse(next.text, "',', ')' or identifier")
      found.add(valueFrom(key, next))
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
    const key = keyFrom(first, "!, identifier, or ''")
    if (isEnd()) return (object) => labelOf(object, key) !== undefined
    const operator = take().text
    if (operator === 'in' || operator === 'notin') {
      const values = set(key)
      return operator === 'in'
        ? (object) => values.has(labelOf(object, key) ?? '\0')
        : (object) => !values.has(labelOf(object, key) ?? '\0')
    }
    if (operator === '<' || operator === '>') {
      const limit = Number(take().text)
      if (!Number.isInteger(limit))
        throw badRequest(`unable to parse requirement: for 'Gt', 'Lt' operators, the value must be an integer`)
      return (object) => {
        const found = Number(labelOf(object, key) ?? Number.NaN)
        return operator === '<' ? found < limit : found > limit
      }
    }
    if (operator !== '=' && operator !== '==' && operator !== '!=')
      throw refuse(operator, 'in, notin, =, ==, !=, gt, lt')
    const wanted = isEnd() ? '' : valueFrom(key, take())
    return operator === '!=' ? (object) => labelOf(object, key) !== wanted : (object) => labelOf(object, key) === wanted
  }

  while (tokens.length > 0) {
    requirements.push(requirement())
    if (tokens.length === 0) break
    const comma = take()
    if (comma.text !== ',') throw refuse(comma.text, "',' or 'end of string'")
    if (tokens.length === 0) throw refuse('', "identifier after ','")
  }
  return (object) => requirements.every((holds) => holds(object))
}

const keyObjection = (key: string): string =>
  `key: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`

const valueObjection = (key: string, found: string): string =>
  `values[0][${key}]: Invalid value: ${JSON.stringify(found)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`

/** Parses `metadata.name=a,status.phase!=b`; throws the 400 of the real server, also for unknown fields. Pure. */
export function fieldSelector(text: string, type: ResourceType): Selector {
  const requirements = text
    .split(/(?<!\\),/)
    .filter((part) => part !== '')
    .map((part): Selector => {
      const [, field = '', operator, wanted = ''] = /^([^=!]*)(!=|==|=)(.*)$/.exec(part) ?? []
      if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
      const read = readerOf(field, type)
      const unescaped = wanted.replaceAll(/\\([\\,=])/g, '$1')
      return operator === '!=' ? (object) => read(object) !== unescaped : (object) => read(object) === unescaped
    })
  return (object) => requirements.every((holds) => holds(object))
}

/** The name that a field selector asks for, if it is the only thing that can match: what RBAC's resourceNames need. */
export const nameIn = (text: string): string | undefined => /(?:^|,)metadata\.name==?([^,]*)/.exec(text)?.[1]

const readerOf = (field: string, type: ResourceType): ((object: KubeObject) => string) => {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name ?? ''
  if (field === 'metadata.namespace' && (type.namespaced || !type.isCustom))
    return ({ metadata }) => metadata.namespace ?? ''
  const known = type.selectable[field]
  if (known) return known
  const [first] = Object.keys(type.selectable)
  throw badRequest(
    first === undefined
      ? `"${field}" is not a known field selector: only ${['metadata.name', 'metadata.namespace', ...Object.keys(type.selectable)].map((each) => `"${each}"`).join(', ')}`
      : type.kind === 'Job'
        ? `field label "${field}" not supported for Job`
        : `field label not supported: ${field}`,
  )
}
