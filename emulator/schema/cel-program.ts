import { type ASTNode, type Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js'
import { CelFailure, functions, replaced, replacedCalls } from './cel-library.ts'
import { NotImplementedError, own } from './field-error.ts'
import { compileRegexp } from './regexp.ts'

export type Expression = {
  readonly evaluate: ParseResult
  /** The engine's name of its type, such as `list<string>`. */
  readonly type: string
  /** The variables that it uses. */
  readonly names: ReadonlySet<string>
  /** The fields that it reads of variables: `['request', 'kind', 'group']`. The engine does not look at those in `has()`. */
  readonly paths: readonly (readonly string[])[]
}

/**
 * Compiles an expression with our library in place of the engine's. Throws `NotImplementedError` for what does not compile, and for
 * what the engine might take otherwise than cel-go: `isUnsure` says so of a side of an equality.
 */
export function compileExpression(
  environment: Environment,
  source: string,
  { isUnsure }: { readonly isUnsure: (side: ASTNode) => boolean },
): Expression {
  const expression = source
  const refuse = (why: string): never => {
    throw new NotImplementedError(`the CEL expression ${source} (${why})`)
  }
  let ast: ASTNode
  let ofType: string
  try {
    const parsed = environment.parse(expression)
    const { valid, type, error } = parsed.check()
    if (!valid) return refuse(error?.message ?? 'it does not compile')
    ast = parsed.ast
    ofType = type ?? 'dyn'
  } catch (error) {
    if (error instanceof NotImplementedError) throw error
    return refuse((error as Error).message)
  }
  const edits: { at: number; from: string; to: string }[] = []
  const names = new Set<string>()
  const paths: (readonly string[])[] = []
  walk(ast, (node) => {
    if (node.op === 'id') names.add(node.args)
    const path = pathOf(node)
    if (path) paths.push(path)
    if (node.op === 'call' && !functions.includes(node.args[0])) refuse(`function ${node.args[0]}`)
    if (node.op === 'call' && Object.hasOwn(replaced, node.args[0])) refuse(`function ${node.args[0]}`)
    const call = node.op === 'call' ? own(replacedCalls, node.args[0]) : undefined
    if (node.op === 'call' && call) {
      if (!expression.startsWith(node.args[0], node.range.start)) refuse(`function ${node.args[0]}`)
      edits.push({ at: node.range.start, from: node.args[0], to: call })
    }
    if (node.op === 'rcall') {
      const [name, receiver] = node.args
      if (!functions.includes(name)) refuse(`method ${name}`)
      const [pattern] = node.args[2]
      if (/^(matches|find|findAll)$/.test(name) && pattern?.op === 'value' && typeof pattern.args === 'string')
        compilePattern(pattern.args, refuse)
      const to = own(replaced, name)
      if (to) {
        const start = expression.slice(receiver.range.end).search(new RegExp(`\\.\\s*${name}\\s*\\(`))
        if (start < 0) refuse(`method ${name}`)
        edits.push({ at: expression.indexOf(name, receiver.range.end + start), from: name, to })
      }
    }
    if (node.op === '==' || node.op === '!=' || node.op === '+' || node.op === 'in') {
      for (const side of node.args)
        if (isUnsure(side)) refuse('equality of lists of objects, or of lists of type set or map')
    }
  })
  const rewritten = edits
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, from, to }) => text.slice(0, at) + to + text.slice(at + from.length), expression)
  return { evaluate: environment.parse(rewritten), type: ofType, names, paths }
}

function compilePattern(pattern: string, refuse: (why: string) => never): void {
  try {
    compileRegexp(pattern)
  } catch (error) {
    if (error instanceof NotImplementedError) throw error
    refuse((error as Error).message)
  }
}

function walk(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node)
  const inner = (each: unknown): void => {
    if (Array.isArray(each)) each.forEach(inner)
    else if (isNode(each)) walk(each, visit)
  }
  inner(node.args)
}

/** `undefined` for what is no field of a field of a variable. */
function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args]
  if (node.op !== '.' && node.op !== '.?') return undefined
  const [of, field] = node.args as readonly unknown[]
  const path = isNode(of) ? pathOf(of) : undefined
  return path && typeof field === 'string' ? [...path, field] : undefined
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value

/** The value of an expression, or its failure with cel-go's text. Throws `NotImplementedError` for a failure without one. */
export function evaluated(program: ParseResult, context: Readonly<Record<string, unknown>>, rule: string): unknown {
  try {
    return program(context)
  } catch (error) {
    return failureOf(error, rule)
  }
}

const conversions: Readonly<Record<string, string>> = {
  bool_conversion_error: 'bool',
  invalid_duration: 'google.protobuf.Duration',
  invalid_timestamp: 'google.protobuf.Timestamp',
}

function failureOf(error: unknown, rule: string): CelFailure {
  if (error instanceof CelFailure) return error
  if (error instanceof NotImplementedError) throw error
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof CelFailure) return cause
  if (cause instanceof NotImplementedError) throw cause
  const { code, summary } = error instanceof EvaluationError ? error : { code: '', summary: String(error) }
  if (code === 'no_such_key') return new CelFailure(summary.replace('No such key', 'no such key'))
  if (code === 'index_out_of_bounds')
    return new CelFailure(`index out of bounds: ${/index (-?\d+)/.exec(summary)?.[1]}`)
  if (code === 'no_such_overload') return new CelFailure('no such overload')
  if (/division by zero/i.test(summary)) return new CelFailure('division by zero')
  if (/modulo by zero/i.test(summary)) return new CelFailure('modulus by zero')
  if (code === 'integer_overflow' || code === 'numeric_overflow') return new CelFailure('integer overflow')
  const type = conversions[code]
  if (type && !/"[TF]"/.test(summary)) return new CelFailure(`type conversion error from 'string' to '${type}'`)
  throw new NotImplementedError(`the CEL error of ${rule} (${code}: ${summary})`)
}

const MAX_MESSAGE_BYTES = 5 * 1024

/** What the value of a messageExpression says, unless that is nothing that can be shown. Pure. */
export function shownMessage(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined
  const text = message.trim()
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > MAX_MESSAGE_BYTES ? undefined : text
}
