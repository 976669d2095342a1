import { Environment } from '@marcbachmann/cel-js'
import { registerLibrary } from '../../schema/cel-library.ts'
import { compileExpression, evaluated } from '../../schema/cel-program.ts'
import { celTypes } from '../../schema/cel-types.ts'
import { NotImplementedError } from '../../schema/field-error.ts'
import type { Schema } from '../../schema/structural.ts'
import type { Json } from '../types.ts'

/** What expressions of admission policies are asked about. `object` and `oldObject` are values of CEL. */
export type Input = {
  readonly object: unknown
  readonly oldObject: unknown
  readonly request: Json
  /** `undefined` for a request outside namespaces. */
  readonly namespace: Json | undefined
  /** The value of a variable. Throws `CelFailure`. */
  readonly variable: (name: string) => unknown
}

export type PolicyExpression = {
  readonly source: string
  /** The engine's name of its type. */
  readonly type: string
  readonly uses: (variable: string) => boolean
  /** Its value, or a `CelFailure`. Throws `NotImplementedError`. */
  readonly run: (input: Input) => unknown
}

export type CompilePolicyExpression = (source: string, expected?: 'bool' | 'string') => PolicyExpression

/** Of an expression of another type than it has to have, with the text of kube-apiserver. */
export class WrongType extends Error {}

const text: Schema = { type: 'string' }
const texts: Schema = { type: 'array', items: text }
const words: Schema = { type: 'object', additionalProperties: text }
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({ type: 'object', properties })
const named = (last: string): Schema => object({ group: text, version: text, [last]: text })

// The fields of the types that kube-apiserver declares, without `options` and without times, which there are texts in truth.
const requestSchema = object({
  kind: named('kind'),
  resource: named('resource'),
  subResource: text,
  requestKind: named('kind'),
  requestResource: named('resource'),
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: object({
    username: text,
    uid: text,
    groups: texts,
    extra: { type: 'object', additionalProperties: texts },
  }),
  dryRun: { type: 'boolean' },
})
const namespaceSchema = object({
  metadata: object({
    ...{ name: text, generateName: text, namespace: text, resourceVersion: text, UID: text },
    ...{ labels: words, annotations: words, finalizers: texts, generation: { type: 'integer' } },
  }),
  spec: object({ finalizers: texts }),
  status: object({ phase: text }),
})

const schemas: Readonly<Record<string, Schema>> = { request: requestSchema, namespaceObject: namespaceSchema }

/** Whether a schema has the fields, each in the one before it, as far as it says what there is. */
function isIn(schema: Schema | undefined, fields: readonly string[]): boolean {
  const [field, ...rest] = fields
  const { properties } = schema ?? {}
  return field === undefined || !properties || (Object.hasOwn(properties, field) && isIn(properties[field], rest))
}

const celNames = ['dyn', 'bool', 'int', 'uint', 'double', 'string', 'bytes']

/** A compiler that knows the variables of a policy so far, by their types. What it makes throws `WrongType` and `NotImplementedError`. */
export function policyExpressions(variables: Readonly<Record<string, string>> = {}): CompilePolicyExpression {
  const environment = new Environment({ enableOptionalTypes: true })
  registerLibrary(environment)
  const { typeOf } = celTypes(environment, new Map(), (key) => key)
  const request = typeOf(requestSchema, false)
  const namespace = typeOf(namespaceSchema, false)
  if (!request || !namespace) throw new Error('admission policies: the schemas of their variables have no type')
  const Variables = variablesClass(Object.keys(variables))
  environment.registerType('AdmissionVariables', { ctor: Variables, fields: variables })
  environment.registerVariable('object', 'dyn')
  environment.registerVariable('oldObject', 'dyn')
  environment.registerVariable('request', request.name)
  environment.registerVariable('namespaceObject', namespace.name)
  environment.registerVariable('variables', 'AdmissionVariables')

  return (source, expected) => {
    const { evaluate, type, names, paths } = compileExpression(environment, source, { isUnsure: () => false })
    for (const path of paths) {
      const [root = '', ...fields] = path
      const unknown =
        root === 'variables'
          ? fields[0] !== undefined && !Object.hasOwn(variables, fields[0])
          : !isIn(schemas[root], fields)
      if (unknown) throw new NotImplementedError(`the CEL expression ${source} (there is no ${path.join('.')} here)`)
    }
    // They come into being only after the policies have spoken.
    if (/\bmanagedFields\b/.test(source)) throw new NotImplementedError('managedFields in an admission policy')
    if (expected !== undefined && type !== expected) {
      if (celNames.includes(type)) throw new WrongType(`must evaluate to ${expected} but got ${type}`)
      throw new NotImplementedError(`the CEL expression ${source} (it is of type ${type}, not ${expected})`)
    }
    const uses = (name: string): boolean => names.has(name)
    const run = (input: Input): unknown => {
      if (uses('namespaceObject') && !input.namespace)
        throw new NotImplementedError(`namespaceObject outside namespaces (${source})`)
      const context = {
        object: input.object,
        oldObject: input.oldObject,
        ...(uses('request') && { request: request.valueOf(input.request) }),
        ...(uses('namespaceObject') && { namespaceObject: namespace.valueOf(input.namespace) }),
        ...(uses('variables') && { variables: new Variables(input.variable) }),
      }
      return evaluated(evaluate, context, source)
    }
    return { source, type, uses, run }
  }
}

const READ = Symbol('read')

/** Objects whose fields are asked for when an expression does. */
function variablesClass(names: readonly string[]) {
  const Class = class {
    readonly [READ]: Input['variable']
    constructor(read: Input['variable']) {
      this[READ] = read
    }
  }
  for (const name of names)
    Object.defineProperty(Class.prototype, name, {
      get(this: { readonly [READ]: Input['variable'] }) {
        return this[READ](name)
      },
    })
  return Class
}

/** JSON as values of CEL that have no types: whole numbers are integers. Throws `NotImplementedError` beyond 2^53. Pure. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return value
    if (!Number.isSafeInteger(value)) throw new NotImplementedError(`CEL on the integer ${value}, beyond 2^53`)
    return BigInt(value)
  }
  if (Array.isArray(value)) return value.map(celValue)
  if (typeof value !== 'object' || value === null) return value ?? null
  return new Map(
    Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, celValue(each)] as const])),
  )
}
