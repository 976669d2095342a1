import { describe, expect, test } from 'vitest'
import { checkSchema } from './check-schema.ts'
import { applyDefaults, dropNulls } from './defaults.ts'
import { aggregateOf, messageOf, NotImplementedError } from './field-error.ts'
import { prune, unknownFields } from './prune.ts'
import { compileRegexp, RegexpError } from './regexp.ts'
import type { Schema } from './structural.ts'
import { validate, validateStatus } from './validate.ts'

const root = (properties: Readonly<Record<string, Schema>>): Schema => ({ type: 'object', properties })
const ruled = (rule: string, more: Schema = { type: 'string' }): Schema =>
  root({ a: { ...more, 'x-kubernetes-validations': [{ rule }] } })
const object = (more: object) => ({ apiVersion: 'g/v1', kind: 'K', metadata: { name: 'x' }, ...more })

describe('a schema', () => {
  test('prunes what it does not know and names it', () => {
    const schema = root({ spec: root({ a: { type: 'string' } }) })
    const given = object({ spec: { a: 'x', b: 1 }, c: 1 })
    expect(prune(schema, given)).toEqual(object({ spec: { a: 'x' } }))
    expect(unknownFields(schema, given)).toEqual(['c', 'spec.b'])
  })

  test('knows no field only because JavaScript objects have it', () => {
    const schema = root({ spec: root({}) })
    expect(unknownFields(schema, object({ spec: { constructor: 1 } }))).toEqual(['spec.constructor'])
    expect(validate({ ...root({}), required: ['toString'] }, object({})).map(messageOf)).toEqual([
      'toString: Required value',
    ])
  })

  test('fills in defaults where a null is not allowed, and drops other nulls', () => {
    const schema = root({
      a: { type: 'string', default: 'd' },
      b: { type: 'string' },
      c: { type: 'string', nullable: true },
    })
    const given = dropNulls(schema, { a: null, b: null, c: null })
    expect(applyDefaults(schema, given)).toEqual({ a: 'd', c: null })
  })

  test('forgives on update what was wrong before', () => {
    const schema = root({ a: { type: 'integer' }, b: { type: 'integer' } })
    expect(validate(schema, object({ a: 'x', b: 1 }), object({ a: 'x' }))).toEqual([])
    expect(aggregateOf(validate(schema, object({ a: 'y' }), object({ a: 'x' })))).toBe(
      'a: Invalid value: "string": a in body must be of type integer: "string"',
    )
  })

  test('speaks of a status from the status on', () => {
    const schema = root({ status: root({ phase: { type: 'string', enum: ['A'] } }) })
    expect(validateStatus(schema, object({ status: { phase: 'B' } }), object({})).map(messageOf)).toEqual([
      'status.phase: Unsupported value: "B": supported values: "A"',
    ])
  })
})

describe('a CEL rule', () => {
  test.each([
    ['isIP(self)', 'a function that is missing'],
    ["self.format([1]) == ''", 'a method that is missing'],
    ['self.nonsense', 'a field that is missing'],
    ['self ==', 'no expression'],
    ["b'a'.json() == {}", 'a method that only the engine has'],
  ])('%s is not implemented: %s', (rule) => {
    expect(() => validate(ruled(rule), object({ a: 'x' }))).toThrow(NotImplementedError)
    const crd = { spec: { versions: [{ schema: { openAPIV3Schema: ruled(rule) } }] } }
    expect(() => checkSchema(crd)).toThrow(NotImplementedError)
  })

  test('on the equality of sets is not implemented, for there order does not count', () => {
    const set: Schema = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }
    expect(() => validate(ruled('self == oldSelf', set), object({ a: ['x'] }))).toThrow(/sets? or map|set or map/)
  })

  test.each([
    ["self.indexOf('b') == 2", '😀ab', true],
    ["self.lowerAscii() == 'äa'.lowerAscii()", 'äA', true],
    ["self.matches('a.c')", 'xabcx', true],
    ["self.split(',').size() == 3", 'a,b,c', true],
    ["self.replace('a', 'b', 1) == 'baa'", 'aaa', true],
    ["quantity(self).compareTo(quantity('1000m')) == 0", '1', true],
    ["[1, 2].sum() == 3 && self.find('[0-9]+') == '12'", 'a12b3', true],
    ['size(self) > 3', '😀😀', false],
  ])('%s of %s is %s', (rule, value, isTrue) => {
    expect(validate(ruled(rule), object({ a: value })).length).toBe(isTrue ? 0 : 1)
  })
})

describe('a regular expression', () => {
  test.each([
    ['^\\S+$', 'a\u00a0b', true],
    ['b.d', 'b\rd', true],
    ['(?i)abc', 'xABCx', true],
    ['^[[:alpha:]]+\\z', 'ab', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a{,2}', 'a{,2}', true],
  ])('%s on %s is as in RE2: %s', (pattern, text, isMatching) => {
    expect(compileRegexp(pattern).test(text)).toBe(isMatching)
  })

  test.each(['(?=a)', '(a', '[a', '*', '\\1'])('%s is refused as by RE2', (pattern) => {
    expect(() => compileRegexp(pattern)).toThrow(RegexpError)
  })
})
