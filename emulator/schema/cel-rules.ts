import { type ASTNode, Environment, Optional, type ParseResult } from '@marcbachmann/cel-js'
import { CelFailure, registerLibrary } from './cel-library.ts'
import { compileExpression, evaluated, shownMessage } from './cel-program.ts'
import { type CelType, celTypes } from './cel-types.ts'
import { atField, atItem, type Correlation, isUnchanged, itemOf } from './correlation.ts'
import {
  atIndex,
  atKey,
  child,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  isRecord,
  NotImplementedError,
  own,
  required,
} from './field-error.ts'
import { additionalOf, anywhere, type Schema, type ValidationRule } from './structural.ts'

type CompiledRule = {
  readonly rule: ValidationRule
  readonly type: CelType
  readonly usesOldSelf: boolean
  readonly evaluate: ParseResult
  readonly evaluateMessage?: ParseResult
}
type CompiledRules = readonly CompiledRule[]

const compiled = new WeakMap<Schema, CompiledRules>()

/** The pair of a node, or the nearest pair above it when it has none itself. */
type Pairing = { readonly pair?: Correlation | undefined; readonly above?: Correlation | undefined }
type Place = {
  readonly schema: Schema
  readonly value: unknown
  readonly old: unknown
  readonly path: string
  readonly pairing: Pairing
  readonly isRoot: boolean
}

/** What the CEL rules of a schema say of an object. Throws `NotImplementedError`. Pure. */
export function validateRules(schema: Schema, object: unknown, correlation?: Correlation): readonly FieldError[] {
  const pairing = { pair: correlation }
  return validateAt({ schema, value: object, old: correlation?.old, path: '', pairing, isRoot: true })
}

/** What the CEL rules of a schema within an object say of a value, both as a new one and in the place of itself. */
export function validateValueRules(schema: Schema, value: unknown): readonly FieldError[] {
  const isRoot = schema['x-kubernetes-embedded-resource'] === true
  const kept = validateAt({ schema, value, old: value, path: '', pairing: {}, isRoot })
  return kept.length > 0 ? kept : validateAt({ schema, value, old: undefined, path: '', pairing: {}, isRoot })
}

/** Compiles the rules of one node of a schema. Throws `NotImplementedError` for what does not compile. */
export function compileRules(schema: Schema, isRoot: boolean): CompiledRules {
  const known = compiled.get(schema)
  if (known) return known
  const made = compile(schema, schema['x-kubernetes-validations'] ?? [], isRoot)
  compiled.set(schema, made)
  return made
}

/** Whether a schema has rules, or one below it. */
export const hasRules = anywhere((schema) => (schema['x-kubernetes-validations'] ?? []).length > 0)

/** Values by which every rule of a schema was kept when they stood in their own place. */
const kept = new WeakMap<Schema, WeakSet<object>>()

function validateAt(place: Place): readonly FieldError[] {
  const { schema, value, old, pairing } = place
  if (!hasRules(schema)) return []
  if (value === null || value === undefined) return []
  // Most writes are of a status, and leave the spec the very same value.
  if (typeof value !== 'object' || value !== old || pairing.pair?.old !== old) return errorsAt(place)
  const values = kept.get(schema) ?? new WeakSet()
  if (values.has(value)) return []
  const errors = errorsAt(place)
  if (errors.length === 0) kept.set(schema, values.add(value))
  return errors
}

function errorsAt(place: Place): readonly FieldError[] {
  const { schema, value, old, path, pairing } = place
  const errors = ruleErrors(place)
  const inner = (each: Schema, more: Partial<Place>): readonly FieldError[] =>
    validateAt({ ...place, ...more, schema: each, isRoot: each['x-kubernetes-embedded-resource'] === true })
  if (Array.isArray(value)) {
    const { items } = schema
    if (!items) return errors
    const list = Array.isArray(old) ? old : []
    const of = value.flatMap((item, index) =>
      inner(items, {
        value: item,
        old: itemOf(schema, list, item),
        path: atIndex(path, index),
        pairing: pairing.pair ? { pair: atItem(pairing.pair, index), above: pairing.pair } : pairing,
      }),
    )
    return [...errors, ...of]
  }
  if (!isRecord(value)) return errors
  const additional = additionalOf(schema)
  const fields = Object.entries(value).flatMap(([key, each]) => {
    const property = own(schema.properties, key)
    const node = property ?? additional
    if (!node || !hasRules(node)) return []
    const isTypeMeta = pairing.above === undefined && (key === 'apiVersion' || key === 'kind')
    const under = isTypeMeta ? {} : { pair: atField(pairing.pair, key), above: pairing.pair }
    return inner(node, {
      value: each,
      old: isRecord(old) ? own(old, key) : undefined,
      path: property ? child(path, key) : atKey(path, key),
      pairing: pairing.pair ? under : pairing,
    })
  })
  return [...errors, ...fields]
}

function ruleErrors({ schema, value, old, path, pairing, isRoot }: Place): readonly FieldError[] {
  if ((schema['x-kubernetes-validations'] ?? []).length === 0) return []
  const rules = compileRules(schema, isRoot)
  const hasOld = old !== undefined && old !== null
  const shown = schema.type === 'object' || schema.type === 'array' ? {} : { badValue: value }
  const typeShown = schema.type ?? ''
  const selfOf = onceEach((type: CelType) => type.valueOf(value))
  const oldSelfOf = onceEach((type: CelType) => type.valueOf(old))
  return rules.flatMap(({ rule, type, usesOldSelf, evaluate, evaluateMessage }) => {
    if (usesOldSelf && !hasOld && !rule.optionalOldSelf) return []
    const self = selfOf(type)
    const oldSelf = hasOld && usesOldSelf ? oldSelfOf(type) : undefined
    const optional = oldSelf === undefined ? Optional.none() : Optional.of(oldSelf)
    const context = { self, ...(usesOldSelf && { oldSelf: rule.optionalOldSelf ? optional : oldSelf }) }
    const name = (rule.message?.trim() || rule.rule).trim()
    const outcome = evaluated(evaluate, context, rule.rule)
    if (outcome instanceof CelFailure) {
      const isOverload = outcome.message.startsWith('no such overload')
      const detail = isOverload
        ? `'${outcome.message}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
        : `${outcome.message} evaluating rule: ${name}`
      return [invalid(path, typeShown, detail)]
    }
    if (outcome === true) return []
    const isForgiven = isUnchanged(pairing.pair ?? pairing.above)
    if (!usesOldSelf && isForgiven) return []
    const message = evaluateMessage && shownMessage(evaluated(evaluateMessage, context, rule.messageExpression ?? ''))
    const detail = message ?? (rule.message ? rule.message.trim() : `failed rule: ${name}`)
    const field = rule.fieldPath ? fieldOf(path, rule.fieldPath) : path
    return [errorFor(rule.reason, { ...shown, ...invalidAt(field, detail) })]
  })
}

function onceEach<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    const value = made.has(key) ? (made.get(key) as V) : make(key) // it has it
    made.set(key, value)
    return value
  }
}

const invalidAt = (path: string, detail: string): FieldError => {
  const { badValue: _, ...rest } = invalid(path, undefined, detail)
  return rest
}

function errorFor(reason: string | undefined, error: FieldError): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(error.field, error.detail)
    case 'FieldValueRequired':
      return required(error.field, error.detail)
    case 'FieldValueDuplicate': {
      const { badValue: _, ...rest } = duplicate(error.field, undefined)
      return 'badValue' in error ? { ...rest, badValue: error.badValue } : rest
    }
    default:
      return error
  }
}

function fieldOf(path: string, fieldPath: string): string {
  if (!/^(\.[A-Za-z0-9_-]+)+$/.test(fieldPath)) throw new NotImplementedError(`the fieldPath ${fieldPath}`)
  return child(path, fieldPath.slice(1))
}

function compile(schema: Schema, rules: readonly ValidationRule[], isRoot: boolean): CompiledRules {
  const environmentFor = (isOptional: boolean) => {
    const environment = new Environment({ enableOptionalTypes: true })
    registerLibrary(environment)
    const schemas = new Map<string, Schema>()
    const type = celTypes(environment, schemas).typeOf(schema, isRoot)
    if (!type) throw new NotImplementedError('CEL rules where the schema has no type')
    environment.registerVariable('self', type.name)
    environment.registerVariable('oldSelf', isOptional ? `optional<${type.name}>` : type.name)
    return { environment, schemas, type }
  }
  const plain = environmentFor(false)
  const optional = rules.some(({ optionalOldSelf }) => optionalOldSelf) ? environmentFor(true) : plain
  return rules.map((rule) => {
    const used = rule.optionalOldSelf ? optional : plain
    const parsed = program(used, schema, rule.rule, 'bool')
    const message = rule.messageExpression ? program(used, schema, rule.messageExpression, 'string') : undefined
    if (message?.usesOldSelf && rule.optionalOldSelf)
      throw new NotImplementedError('oldSelf in a messageExpression with optionalOldSelf')
    return {
      rule,
      type: used.type,
      usesOldSelf: parsed.usesOldSelf,
      evaluate: parsed.program,
      ...(message && { evaluateMessage: message.program }),
    }
  })
}

type Used = { readonly environment: Environment; readonly schemas: ReadonlyMap<string, Schema> }

function program({ environment, schemas }: Used, schema: Schema, source: string, expected: string) {
  const isUnsure = (side: ASTNode): boolean => isSetLike(side, schemas, schema)
  const { evaluate, type, names } = compileExpression(environment, source, { isUnsure })
  if (type !== expected && type !== 'dyn')
    throw new NotImplementedError(`the CEL expression ${source} (it is of type ${type}, not ${expected})`)
  return { program: evaluate, usesOldSelf: names.has('oldSelf') }
}

/** Whether the order of a list could matter to the engine where it does not to Kubernetes. */
function isSetLike(node: ASTNode, schemas: ReadonlyMap<string, Schema>, schema: Schema): boolean {
  const type = String((node as { checkedType?: unknown }).checkedType ?? 'dyn')
  if (/^(string|int|uint|double|bool|bytes|null|type|google\.protobuf\.\w+|kubernetes\.Quantity)$/.test(type))
    return false
  if (/^list<(string|int|uint|double|bool|bytes)>$/.test(type) && node.op === 'list') return false
  if (!/list|Object\d|dyn/.test(type)) return false
  const isPlain = schemas.has(type) && (node as { op: string }).op !== 'in'
  return (!isPlain && /Object\d/.test(type)) || hasSets(schemas.get(type) ?? schema)
}

function hasSets(schema: Schema): boolean {
  const type = schema['x-kubernetes-list-type']
  const additional = additionalOf(schema)
  return (
    type === 'set' ||
    type === 'map' ||
    (schema.items !== undefined && hasSets(schema.items)) ||
    (additional !== undefined && hasSets(additional)) ||
    Object.values(schema.properties ?? {}).some(hasSets)
  )
}
