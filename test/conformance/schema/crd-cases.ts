import type { Schema } from '#emulator/schema/structural.ts'

const spec = (each: Schema): Schema => ({ type: 'object', properties: { spec: each } })
const object = (properties: Readonly<Record<string, unknown>>, more: object = {}): Schema =>
  ({ type: 'object', properties, ...more }) as Schema
const text: Schema = { type: 'string' }
const ruled = (rule: object, base: Schema = object({ a: { type: 'string', maxLength: 5 } })): Schema =>
  spec({ ...base, 'x-kubernetes-validations': [rule as { rule: string }] })

/** Schemas of CustomResourceDefinitions, good and bad. */
export const crdSchemas: Readonly<Record<string, Schema>> = {
  good: spec(object({ a: text })),
  'no-type': spec({} as Schema),
  'root-array': { type: 'array', items: text },
  'root-no-type': { properties: { spec: text } },
  'field-no-type': spec(object({ a: {} })),
  'item-no-type': spec(object({ a: { type: 'array', items: {} } })),
  'no-items': spec(object({ a: { type: 'array' } })),
  'wrong-type': spec(object({ a: { type: 'text' } })),
  'type-null': spec(object({ a: { type: 'null' } })),
  'root-additional': { type: 'object', additionalProperties: text },
  'both-properties': spec(object({ a: text }, { additionalProperties: text })),
  'unique-items': spec(object({ a: { type: 'array', items: text, uniqueItems: true } })),
  'root-nullable': { type: 'object', nullable: true },
  'preserve-false': spec(object({ a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': false } })),
  'nested-type': spec(object({ a: { ...text, anyOf: [{ type: 'string' }] } })),
  'nested-default': spec(object({ a: { ...text, allOf: [{ default: 'a', description: 'x', nullable: true }] } })),
  'nested-missing': spec(
    object(
      { a: text },
      { anyOf: [{ properties: { b: { minLength: 1 } } }], not: { properties: { a: { items: { minLength: 1 } } } } },
    ),
  ),
  'int-or-string': spec(
    object({ a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } }),
  ),
  'int-or-string-open': spec(
    object({ a: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true } }),
  ),
  'embedded-no-type': spec(object({ a: { 'x-kubernetes-embedded-resource': true } })),
  'embedded-empty': spec(object({ a: { type: 'object', 'x-kubernetes-embedded-resource': true } })),
  'embedded-kind': spec(
    object({ a: object({ kind: { type: 'integer' }, metadata: text }, { 'x-kubernetes-embedded-resource': true }) }),
  ),
  'metadata-labels': object({ metadata: object({ labels: { type: 'object' } }) }),
  'metadata-name': object({ metadata: object({ name: { ...text, maxLength: 5 } }) }),
  'metadata-text': object({ metadata: text }),
  'default-wrong-type': spec(object({ a: { ...text, default: 1 } })),
  'default-pruned': spec(object({ a: object({ b: text }, { default: { c: 1 } }) })),
  'default-too-long': spec(
    object({ a: { ...text, maxLength: 1, default: 'ab' }, e: { ...text, enum: ['x'], default: 'y' } }),
  ),
  'default-in-top': object({ kind: { ...text, default: 'X' } }),
  'default-required': spec(object({ a: object({ b: text }, { required: ['b'], default: {} }) })),
  'default-rule': spec(
    object({
      a: {
        ...text,
        maxLength: 5,
        default: 'x',
        'x-kubernetes-validations': [{ rule: "self != 'x'", message: 'not x' }],
      },
    }),
  ),
  pattern: spec(
    object({
      a: { ...text, pattern: '[' },
      b: { ...text, pattern: '(?=a)' },
      c: { ...text, pattern: 'a(' },
      d: { ...text, pattern: '*' },
    }),
  ),
  'list-type-of-text': spec(object({ a: { ...text, 'x-kubernetes-list-type': 'set' } })),
  'list-type-unknown': spec(object({ a: { type: 'array', items: text, 'x-kubernetes-list-type': 'bag' } })),
  'map-no-keys': spec(object({ a: { type: 'array', items: object({ k: text }), 'x-kubernetes-list-type': 'map' } })),
  'map-key-optional': spec(
    object({
      a: {
        type: 'array',
        items: object({ k: text }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      },
    }),
  ),
  'map-key-missing': spec(
    object({
      a: {
        type: 'array',
        items: object({ k: text }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['l'],
      },
    }),
  ),
  'map-of-texts': spec(
    object({ a: { type: 'array', items: text, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] } }),
  ),
  'keys-no-map': spec(object({ a: { type: 'array', items: text, 'x-kubernetes-list-map-keys': ['k'] } })),
  'set-of-objects': spec(object({ a: { type: 'array', items: object({ k: text }), 'x-kubernetes-list-type': 'set' } })),
  'map-type-of-text': spec(
    object({
      a: { ...text, 'x-kubernetes-map-type': 'atomic' },
      b: { type: 'object', 'x-kubernetes-map-type': 'loose' },
    }),
  ),
  'rule-good': ruled({ rule: "self.a == 'x'" }),
  'rule-empty': ruled({ rule: ' ' }),
  'rule-reason': ruled({ rule: 'true', reason: 'Because' }),
  'rule-path': ruled({ rule: 'true', fieldPath: '.b' }),
  'rule-lines': ruled({ rule: 'true ||\n false' }),
  'rule-message': ruled({ rule: 'true', message: 'a\nb' }),
  'rule-optional': ruled({ rule: 'true', optionalOldSelf: true }),
  'rule-old-in-list': spec(
    object({
      l: {
        type: 'array',
        maxItems: 3,
        items: { type: 'string', maxLength: 3, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
      },
    }),
  ),
  'rule-nested': spec(object({ a: { ...text, allOf: [{ 'x-kubernetes-validations': [{ rule: 'true' }] }] } })),
  'rule-undefined-field': ruled({ rule: "self.b == 'x'" }),
  'rule-syntax': ruled({ rule: 'self.a ==' }),
  'rule-type': ruled({ rule: 'self.a' }),
  'rule-mixed': ruled({ rule: 'self.a == 1' }),
  'rule-no-function': ruled({ rule: 'self.a.shout()' }),
  'rule-ip': ruled({ rule: 'isIP(self.a)' }),
}

/** Metadata of objects, good and bad. */
export const metas: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  good: { name: 'good', labels: { 'a.b/c': 'd' }, annotations: { 'A.B/c': 'anything at all' } },
  capital: { name: 'Capital' },
  'under-score': { name: 'a_b' },
  long: { name: 'a'.repeat(254) },
  'label-value': { name: 'x', labels: { a: 'b c', d: 'e'.repeat(64) } },
  'label-key': { name: 'x', labels: { 'a b': 'c', '/d': 'e', 'a/b/c': 'd', ['k'.repeat(64)]: 'x', 'Up.com/': 'y' } },
  annotations: { name: 'x', annotations: { 'a b': 'c', big: 'x'.repeat(262145) } },
  finalizers: { name: 'x', finalizers: ['a b', 'orphan', 'foregroundDeletion'] },
  owners: {
    name: 'x',
    ownerReferences: [
      { apiVersion: '', kind: '', name: '', uid: '' },
      { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'b', controller: true },
      { apiVersion: 'v1', kind: 'Pod', name: 'c', uid: 'd', controller: true },
    ],
  },
  'generate-name': { generateName: 'A_' },
}
