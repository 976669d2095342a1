import { CelFailure } from '../../schema/cel-library.ts'
import { shownMessage } from '../../schema/cel-program.ts'
import { listAt, textAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { type Input, type PolicyExpression, policyExpressions } from './policy-expression.ts'

/** Why a policy denies a request; `reason` is empty where an expression failed. */
export type Denial = { readonly message: string; readonly reason: string }

/** What a policy says of a request: all its denials. */
export type PolicyProgram = (input: Omit<Input, 'variable'>) => readonly Denial[]

const made = new WeakMap<KubeObject, PolicyProgram>()

/** The program of a stored ValidatingAdmissionPolicy, which was validated. Throws `NotImplementedError`, as does what it makes. */
export function programOf(policy: KubeObject): PolicyProgram {
  const known = made.get(policy) ?? compiled(policy)
  made.set(policy, known)
  return known
}

function compiled(policy: KubeObject): PolicyProgram {
  const condition = policyExpressions()
  const conditions = listAt(policy, 'spec', 'matchConditions').map((each) =>
    condition(textAt(each, 'expression').trim(), 'bool'),
  )
  const types: Record<string, string> = {}
  const variables = new Map<string, PolicyExpression>()
  for (const each of listAt(policy, 'spec', 'variables')) {
    const name = textAt(each, 'name')
    const expression = policyExpressions(types)(textAt(each, 'expression'))
    variables.set(name, expression)
    types[name] = expression.type
  }
  const compile = policyExpressions(types)
  const validations = listAt(policy, 'spec', 'validations').map((each) => {
    const source = textAt(each, 'messageExpression')
    return {
      check: compile(textAt(each, 'expression'), 'bool'),
      words: source === '' ? undefined : compile(source, 'string'),
      message: textAt(each, 'message').trim(),
      reason: textAt(each, 'reason') || 'Invalid',
    }
  })
  const ignoresErrors = textAt(policy, 'spec', 'failurePolicy') === 'Ignore'
  const ofErrors = (messages: readonly string[]): readonly Denial[] =>
    ignoresErrors ? [] : messages.map((message) => ({ message, reason: '' }))

  return (about) => {
    const input: Input = { ...about, variable: onceEach((name) => variableOf(name, variables.get(name), input)) }
    const results = conditions.map((each) => ({ each, result: each.run(input) }))
    if (results.some(({ result }) => result === false)) return []
    const errors = results.flatMap(({ each, result }) => (failed(result) ? [errorText(each, result)] : []))
    if (errors.length > 0) return ofErrors([aggregated(errors)])
    return validations.flatMap(({ check, words, message, reason }) => {
      const result = check.run(input)
      if (failed(result)) return ofErrors([errorText(check, result)])
      if (result === true) return []
      const said = words && shownMessage(words.run(input))
      return [{ message: said || message || `failed expression: ${check.source.trim()}`, reason }]
    })
  }
}

const failed = (value: unknown): value is CelFailure => value instanceof CelFailure
const errorText = ({ source }: PolicyExpression, { message }: CelFailure): string =>
  `expression '${source}' resulted in error: ${message}`

const aggregated = (texts: readonly string[]): string => {
  const each = [...new Set(texts)]
  return each.length === 1 ? (each[0] ?? '') : `[${each.join(', ')}]`
}

function variableOf(name: string, expression: PolicyExpression | undefined, input: Input): unknown {
  const value = expression?.run(input)
  if (failed(value))
    throw new CelFailure(`composited variable ${JSON.stringify(name)} fails to evaluate: ${value.message}`)
  return value
}

function onceEach(make: (name: string) => unknown): (name: string) => unknown {
  const known = new Map<string, unknown>()
  return (name) => {
    if (!known.has(name)) known.set(name, make(name))
    return known.get(name)
  }
}
