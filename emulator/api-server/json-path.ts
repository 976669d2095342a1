import { NotImplementedError } from '../schema/field-error.ts'
import { isObject } from './json.ts'

/** Finds what a path points to, in an object. */
export type JsonPath = (value: unknown) => readonly unknown[]

type Step = (values: readonly unknown[]) => readonly unknown[]

/**
 * Reads a path as printer columns have it: `.status.conditions[?(@.type=="Ready")].reason`, `.metadata.labels['a/b']`, `.spec.list[-1]`,
 * `[*]`, `[0:2]`, `.a\.b`. Keys that are missing find nothing. Throws NotImplementedError for recursion and unions. Pure.
 */
export function jsonPath(text: string): JsonPath {
  const steps: Step[] = []
  let rest = text.trim().replace(/^\$/, '')
  while (rest !== '') {
    const bracket = /^\[((?:'[^']*'|"[^"]*"|\?\(.*?\)|[^\]'"])*)\]/.exec(rest)
    const field = /^\.?((?:\\.|[\w\-/$*])+)/.exec(rest)
    if (rest.startsWith('..') || (!bracket && !field)) throw new NotImplementedError(`the JSON path ${text}`)
    steps.push(
      bracket ? selection(bracket[1]?.trim() ?? '', text) : child((field?.[1] ?? '').replaceAll(/\\(.)/g, '$1')),
    )
    rest = rest.slice((bracket ?? field)?.[0].length)
  }
  return (value) => steps.reduce<readonly unknown[]>((found, step) => step(found), [value])
}

const child =
  (key: string): Step =>
  (values) =>
    values.flatMap((value) => {
      if (key === '*') return isObject(value) ? Object.values(value) : Array.isArray(value) ? value : []
      return isObject(value) && Object.hasOwn(value, key) ? [value[key]] : []
    })

const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function selection(inside: string, text: string): Step {
  const [, quoted] = /^(?:'([^']*)'|"([^"]*)")$/.exec(inside)?.filter((part) => part !== undefined) ?? []
  if (quoted !== undefined) return child(quoted)
  if (inside === '*') return child('*')
  if (/^-?\d+$/.test(inside))
    return (values) => values.flatMap((value) => items(value).slice(Number(inside)).slice(0, 1))
  const [, from, to] = /^(-?\d*):(-?\d*)$/.exec(inside) ?? []
  if (from !== undefined)
    return (values) => values.flatMap((value) => items(value).slice(Number(from || 0), to ? Number(to) : undefined))
  const [, filter] = /^\?\((.*)\)$/.exec(inside) ?? []
  if (filter === undefined) throw new NotImplementedError(`the JSON path ${text}`)
  const holds = condition(filter, text)
  return (values) => values.flatMap((value) => items(value).filter(holds))
}

function condition(filter: string, text: string): (item: unknown) => boolean {
  const [, left = filter, operator, right = ''] = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/.exec(filter.trim()) ?? []
  const operand = (side: string): JsonPath => {
    const trimmed = side.trim()
    if (trimmed.startsWith('@')) return jsonPath(trimmed.slice(1))
    const [, single] = /^'(.*)'$/.exec(trimmed) ?? []
    try {
      const literal = single ?? (JSON.parse(trimmed) as unknown)
      return () => [literal]
    } catch {
      throw new NotImplementedError(`the JSON path ${text}`)
    }
  }
  const read = operand(left)
  if (operator === undefined) return (item) => read(item).length > 0
  const other = operand(right)
  const compare = comparisons[operator] ?? (() => false)
  return (item) => {
    const [a] = read(item)
    const [b] = other(item)
    return a !== undefined && b !== undefined && typeof a === typeof b && compare(a, b)
  }
}

const less = (a: unknown, b: unknown): boolean => (a as string) < (b as string) // of one type, says the caller
const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': less,
  '>': (a, b) => less(b, a),
  '<=': (a, b) => !less(b, a),
  '>=': (a, b) => !less(a, b),
}
