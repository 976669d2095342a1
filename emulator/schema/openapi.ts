import { atField, atItem, type Correlation, isSame, isUnchanged } from './correlation.ts'
import {
  child,
  type FieldError,
  goFloat,
  goJson,
  goNumber,
  goQuote,
  invalid,
  isInt64,
  isRecord,
  notSupported,
  own,
  required,
  tooLong,
  tooMany,
} from './field-error.ts'
import { formatOf, isOfFormat } from './formats.ts'
import { compileRegexp, RegexpError } from './regexp.ts'
import { additionalOf, remembered, type Schema } from './structural.ts'

/** An error of kube-openapi's validator. Equal texts count once, wherever they come from. */
type Problem = { readonly text: string; readonly errorAt: (root: string) => FieldError }
/** `matches` counts the checks done: of several failing alternatives the one with the most of them is reported. */
type Result = { readonly problems: Problem[]; matches: number }

/** What kube-openapi's validator says of a value; `correlation` makes it forgive what did not change. Pure. */
export function validateSchema(
  schema: Schema,
  value: unknown,
  root: string,
  correlation?: Correlation,
): readonly FieldError[] {
  const result = empty()
  if (correlation) ratcheted(result, schema, '', correlation)
  else check(result, schema, value, '')
  return result.problems.map(({ errorAt }) => errorAt(root))
}

const empty = (): Result => ({ problems: [], matches: 0 })

function add(result: Result, problem: Problem | undefined): void {
  if (problem && !result.problems.some(({ text }) => text === problem.text)) result.problems.push(problem)
}
function merge(result: Result, other: Result): void {
  for (const problem of other.problems) add(result, problem)
  result.matches += other.matches
}

function ratcheted(result: Result, schema: Schema, path: string, correlation: Correlation): void {
  const before = result.problems.length
  check(result, schema, correlation.value, path, correlation)
  if (result.problems.length > before && isUnchanged(correlation)) result.problems.length = before
}

// Names of problems are paths with the root left out: the caller's path comes before them.
const pathAt = (root: string, name: string): string => (name === '' ? root : child(root, name.replace(/^\./, '')))

/** One that has a place. */
const problem = (name: string, text: string, errorAt: (path: string) => FieldError): Problem => ({
  text: `${name} in body ${text}`,
  errorAt: (root) => errorAt(pathAt(root, name)),
})
const refused = (name: string, value: unknown, text: string): Problem =>
  problem(name, text, (path) => invalid(path, value ?? '', `${name} in body ${text}`))
/** One that has none: it is reported at the root of what is validated. */
const unplaced = (text: string): Problem => ({ text, errorAt: (root) => invalid(root, '', text) })

const typesOf = remembered((schema): readonly string[] => {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string']
  return schema.type ? [schema.type] : []
})
const knownFormatOf = remembered(formatOf)

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return isInt64(value) ? 'integer' : 'number'
  return typeof value
}

function checked(schema: Schema, value: unknown, path: string): Result {
  const result = empty()
  check(result, schema, value, path)
  return result
}

/** Adds to `result` what is wrong with a value; each check that is done counts. */
function check(result: Result, schema: Schema, value: unknown, path: string, correlation?: Correlation): void {
  if (value === null) {
    checkType(result, schema, value, path)
    add(result, enumProblem(schema, value, path))
    return
  }
  const format = knownFormatOf(schema)
  if (typesOf(schema).length > 0 || format) {
    checkType(result, schema, value, path)
    result.matches++
  }
  checkJunctors(result, schema, value, path)
  result.matches++
  if (typeof value === 'string') {
    add(result, textProblem(schema, value, path))
    result.matches++
    if (format) {
      add(result, formatProblem(format, value, path))
      result.matches++
    }
  }
  if (typeof value === 'number') {
    checkNumber(result, schema, value, path)
    result.matches++
  }
  if (Array.isArray(value)) {
    checkList(result, schema, value, path, correlation)
    result.matches++
  }
  add(result, enumProblem(schema, value, path))
  result.matches++
  if (isRecord(value)) {
    checkObject(result, schema, value, path, correlation)
    result.matches++
  }
  result.matches++
}

function checkType(result: Result, schema: Schema, value: unknown, path: string): void {
  const found = typeProblem(schema, value, path)
  if (found) add(result, found)
  else result.matches++
}

function typeProblem(schema: Schema, value: unknown, path: string): Problem | undefined {
  const types = typesOf(schema)
  const actual = typeOf(value)
  const wrong = (expected: string, found: string): Problem => {
    const text = `must be of type ${expected}: ${goQuote(found)}`
    return problem(path, text, (at) => ({
      ...invalid(at, found, `${path} in body ${text}`),
      type: 'FieldValueTypeInvalid',
    }))
  }
  if (value === null) return types.length > 0 && !schema.nullable ? wrong(types.join(','), 'null') : undefined
  const format = knownFormatOf(schema)
  const isWholeFloat = actual === 'number' && isAlmostWhole(value as number) && types.includes('integer')
  const isInt = actual === 'integer' && types.includes('number')
  const isNumeric = types.includes('number') || types.includes('integer')
  const isTextOrList = typeof value === 'string' || Array.isArray(value)
  if (!isTextOrList && format && !(types.includes(actual) || isWholeFloat || isInt)) {
    const found = actual === 'integer' ? 'int64' : actual === 'number' ? 'float64' : ''
    if (found !== format) return wrong(format, found)
  }
  if (!isNumeric && format && isTextOrList) return undefined
  if (types.length === 0) return wrong('', actual)
  return types.includes(actual) || isWholeFloat || isInt ? undefined : wrong(types.join(','), actual)
}

// swag.IsFloat64AJSONInteger
function isAlmostWhole(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return false
  if (Number.isInteger(value)) return true
  const whole = Math.trunc(value)
  return value > 0 && whole !== 0 && Math.abs(value - whole) / (value + whole) < 1e-9
}

function enumProblem(schema: Schema, value: unknown, path: string): Problem | undefined {
  const values = schema.enum ?? []
  if (values.length === 0 || (value !== null && values.some((each) => isSame(each, value) || isConverted(value, each))))
    return undefined
  const texts = values.map((each) => (typeof each === 'string' ? each : goJson(each)))
  return problem(path, `should be one of [${texts.join(' ')}]`, (at) => notSupported(at, value, texts))
}

// The real server compares after Go's conversion to the type of the enum's value: 1.5 is 1, and 65 is A.
function isConverted(value: unknown, wanted: unknown): boolean {
  if (typeof value !== 'number') return false
  if (isInt64(wanted)) return Math.trunc(value) === wanted
  const isLetter = isInt64(value) && value >= 0 && value <= 0x10ffff
  return typeof wanted === 'string' && isLetter && String.fromCodePoint(value) === wanted
}

const lettersOf = (text: string): number => [...text].length

function textProblem(schema: Schema, value: string, path: string): Problem | undefined {
  const { maxLength, minLength, pattern } = schema
  if (maxLength !== undefined && value.length > maxLength && lettersOf(value) > maxLength)
    return problem(path, `should be at most ${maxLength} chars long`, (at) => tooLong(at, maxLength))
  if (minLength !== undefined && value.length < minLength * 2 && lettersOf(value) < minLength)
    return refused(path, value, `should be at least ${minLength} chars long`)
  if (!pattern) return undefined
  try {
    return compileRegexp(pattern).test(value) ? undefined : refused(path, value, `should match '${pattern}'`)
  } catch (error) {
    if (!(error instanceof RegexpError)) throw error
    return refused(path, value, `should match '${pattern}, but pattern is invalid: ${error.message}'`)
  }
}

function formatProblem(format: string, value: string, path: string): Problem | undefined {
  if (isOfFormat(format, value)) return undefined
  const text = `must be of type ${format}: ${goQuote(value)}`
  return problem(path, text, (at) => ({
    ...invalid(at, value, `${path} in body ${text}`),
    type: 'FieldValueTypeInvalid',
  }))
}

/** Why a number, which may be a boundary of the schema, is not one of the type of the schema. */
function rangeProblem(schema: Schema, value: number, what: string, path: string): Problem | undefined {
  const [type, ...others] = typesOf(schema)
  if (others.length > 0 || !type) return undefined
  const format = knownFormatOf(schema)
  const isWithin =
    type === 'integer'
      ? isInt64(value) && (format !== 'int32' || (value >= -(2 ** 31) && value < 2 ** 31))
      : type !== 'number' || format !== 'float' || Number.isFinite(Math.fround(value))
  if (isWithin || (type !== 'integer' && type !== 'number')) return undefined
  const named = format ? `${type} with format ${format}` : `${type} (default format)`
  return unplaced(`${what} value must be of type ${named} in ${path}`)
}

function checkNumber(result: Result, schema: Schema, value: number, path: string): void {
  const isInt = isInt64(value)
  add(result, rangeProblem(schema, value, 'Checked', path))
  const { multipleOf, maximum, minimum } = schema
  // An int64 is compared with a boundary cut to an int64, unless that is not of the schema's type.
  const against = (boundary: number, what: string) => {
    const outOfRange = rangeProblem(schema, boundary, what, path)
    add(result, outOfRange)
    const isNative = isInt && !outOfRange
    return {
      limit: isNative ? Math.trunc(boundary) : boundary,
      text: isNative ? goNumber(Math.trunc(boundary)) : goFloat(boundary),
    }
  }
  if (multipleOf !== undefined) {
    const { limit } = against(multipleOf, 'MultipleOf')
    if (limit <= 0)
      add(result, {
        text: '',
        errorAt: (root) =>
          invalid(
            pathAt(root, path),
            limit,
            `factor MultipleOf declared for ${path} must be positive: ${goNumber(limit)}`,
          ),
      })
    else if (!isMultiple(value, limit, isInt))
      add(result, refused(path, value, `should be a multiple of ${isInt ? goNumber(limit) : goFloat(limit)}`))
  }
  if (minimum !== undefined) {
    const { limit, text } = against(minimum, 'Minimum boundary')
    if (schema.exclusiveMinimum ? value <= limit : value < limit)
      add(
        result,
        refused(path, value, `should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${text}`),
      )
  }
  if (maximum !== undefined) {
    const { limit, text } = against(maximum, 'Maximum boundary')
    if (schema.exclusiveMaximum ? value >= limit : value > limit)
      add(result, refused(path, value, `should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${text}`))
  }
  result.matches++
}

function isMultiple(value: number, factor: number, isInt: boolean): boolean {
  if (isInt && Number.isInteger(factor)) return value % factor === 0
  return isAlmostWhole(factor < 1 ? (1 / factor) * value : value / factor)
}

function checkList(
  result: Result,
  schema: Schema,
  list: readonly unknown[],
  path: string,
  correlation?: Correlation,
): void {
  const { items, minItems, maxItems } = schema
  if (items) {
    for (const [index, item] of list.entries()) {
      const at = `${path}[${index}]`
      const pair = atItem(correlation, index)
      if (pair) ratcheted(result, items, at, pair)
      else check(result, items, item, at)
    }
  }
  if (minItems !== undefined && list.length < minItems)
    add(result, refused(path, list.length, `should have at least ${minItems} items`))
  if (maxItems !== undefined && list.length > maxItems)
    add(
      result,
      problem(path, `should have at most ${maxItems} items`, (at) => tooMany(at, list.length, maxItems)),
    )
  if (schema.uniqueItems && new Set(list.map(goJson)).size < list.length)
    add(result, refused(path, undefined, "shouldn't contain duplicates"))
  result.matches++
}

function checkObject(
  result: Result,
  schema: Schema,
  object: Readonly<Record<string, unknown>>,
  path: string,
  correlation?: Correlation,
): void {
  const size = Object.keys(object).length
  const { minProperties, maxProperties } = schema
  if (minProperties !== undefined && size < minProperties)
    add(result, refused(path, size, `should have at least ${minProperties} properties`))
  if (maxProperties !== undefined && size > maxProperties)
    add(
      result,
      problem(path, `should have at most ${maxProperties} properties`, (at) => tooMany(at, size, maxProperties)),
    )
  const below = (key: string, each: Schema, at: string): void => {
    const isTypeMeta = path === '' && (key === 'kind' || key === 'apiVersion')
    const pair = isTypeMeta ? undefined : atField(correlation, key)
    if (pair) ratcheted(result, each, at, pair)
    else check(result, each, object[key], at)
  }
  const additional = additionalOf(schema)
  if (schema.additionalProperties === false) {
    for (const key of Object.keys(object)) {
      if (own(schema.properties, key)) continue
      const text = `${path}.${key} in body is a forbidden property`
      add(result, { text, errorAt: (root) => invalid(pathAt(root, path), key, text) })
    }
  } else if (additional) {
    for (const key of Object.keys(object)) {
      if (!own(schema.properties, key)) below(key, additional, `${path}.${key}`)
    }
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(object, key)) below(key, property, path === '' ? key : `${path}.${key}`)
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(object, key))
      add(
        result,
        problem(`${path}.${key}`, 'is required', (at) => required(at, '')),
      )
  }
}

const none: readonly Schema[] = []

function checkJunctors(result: Result, schema: Schema, value: unknown, path: string): void {
  result.matches++
  const { anyOf = none, oneOf = none, allOf = none, not } = schema
  if (!not && anyOf.length + oneOf.length + allOf.length === 0) return
  const name = goQuote(path)
  if (anyOf.length > 0) {
    const results = anyOf.map((each) => checked(each, value, path))
    const valid = results.find(({ problems }) => problems.length === 0)
    if (!valid) add(result, unplaced(`${name} must validate at least one schema (anyOf)`))
    merge(result, valid ?? best(results))
  }
  if (oneOf.length > 0) {
    const results = oneOf.map((each) => checked(each, value, path))
    const valid = results.filter(({ problems }) => problems.length === 0)
    const [first] = valid
    if (first && valid.length === 1) merge(result, first)
    else {
      const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`
      add(result, unplaced(`${name} must validate one and only one schema (oneOf). ${found}`))
      if (valid.length === 0) merge(result, best(results))
    }
  }
  if (allOf.length > 0) {
    const results = allOf.map((each) => checked(each, value, path))
    const valid = results.filter(({ problems }) => problems.length === 0).length
    for (const each of results) merge(result, each)
    if (valid < allOf.length)
      add(result, unplaced(`${name} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`))
  }
  if (not && checked(not, value, path).problems.length === 0)
    add(result, unplaced(`${name} must not validate the schema (not)`))
}

function best(results: readonly Result[]): Result {
  return results.reduce((a, b) => (b.matches > a.matches ? b : a))
}
