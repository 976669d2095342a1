import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Schema } from '#emulator/schema/structural.ts'
import { randomGroups } from './random-groups.ts'

/** An object of a schema; with `old`, the update of an object that was written while the schema let all pass. */
export type SchemaCase = { readonly name: string; readonly group: string; readonly object: Body; readonly old?: Body }
type Body = Readonly<Record<string, unknown>>
type Group = {
  readonly schema: Schema
  readonly creates?: readonly Body[]
  readonly updates?: readonly (readonly [old: Body, object: Body])[]
}

const root = (spec: Schema, more: Partial<Schema> = {}): Schema => ({ type: 'object', properties: { spec }, ...more })
const object = (properties: Readonly<Record<string, Schema>>, more: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
})
const list = (items: Schema, more: Partial<Schema> = {}): Schema => ({ type: 'array', items, ...more })
const text: Schema = { type: 'string' }
const integer: Schema = { type: 'integer' }
const specs = (...values: readonly unknown[]): readonly Body[] => values.map((spec) => ({ spec }))
const fields = (key: string, ...values: readonly unknown[]): readonly Body[] =>
  specs(...values.map((v) => ({ [key]: v })))

const all = [null, 0, 1, -1, 2.5, true, '', 'a', [], ['a'], {}, { a: 1 }] as const
const formats: Readonly<Record<string, readonly string[]>> = {
  'date-time': [
    '2024-01-01T00:00:00Z',
    '2024-01-01t00:00:00.123+01:00',
    '2024-02-30T00:00:00Z',
    '2024-01-01',
    '',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:00:00',
  ],
  date: ['2024-02-29', '2023-02-29', '2024-1-1', ''],
  duration: ['1h30m', '1.5h', '22 ns', '3 days', '-1s', '', 'x', '5', '0', '1 fortnight'],
  email: ['a@b.c', 'a', 'a@', '@b', 'a@b@c'],
  hostname: ['example.com', 'a_b', '-a', 'a', ''],
  ipv4: ['1.2.3.4', '1.2.3', '::1', '01.2.3.4'],
  ipv6: ['::1', '1.2.3.4', 'fe80::1', 'x'],
  cidr: ['10.0.0.0/8', '10.0.0.0/33', '::/0', '10.0.0.0'],
  mac: ['00:00:5e:00:53:01', '00-00-5e-00-53-01', '0000.5e00.5301', 'x'],
  uri: ['http://a.b/c?d', '/a', 'a', '', 'mailto:x@y', 'http://[::1]:80/', 'a b'],
  uuid: ['123e4567-e89b-12d3-a456-426614174000', '123E4567e89b12d3a456426614174000', 'x'],
  byte: ['aGVsbG8=', 'x', '', '!!'],
  password: ['x'],
  hexcolor: ['#fff', 'fff', '#ffff'],
  ssn: ['123-45-6789', '1'],
  'k8s-short-name': ['a', 'A', '-'],
  'k8s-long-name': ['a.b', 'a..b'],
  'no-such-format': ['x'],
}

const session = parse(
  readFileSync(join(import.meta.dirname, '../../../crds/agenticsessions.vteam.ambient-code.yaml'), 'utf8'),
) as { spec: { versions: [{ schema: { openAPIV3Schema: Schema } }] } }
const running = { status: { phase: 'Running' } }

/** Rules on a text, each on its own field, and the texts they are tried on. */
const textRules: readonly (readonly [rule: string, ...texts: string[]])[] = [
  ["self.substring(1, 3) == 'bc'", 'abcd', 'a', 'xbc', '😀bc'],
  ["self.lastIndexOf('a') == 2", 'aba', 'b', ''],
  ["self.indexOf('a', 1) == 2", 'aba', 'a', ''],
  ["self.charAt(0) == 'a'", 'abc', '', 'b'],
  ["self.split('-')[1] == 'b'", 'a-b', 'a', ''],
  ["self.split('-', 2).size() == 2", 'a-b-c', 'a'],
  ["self.trim() == 'a'", ' a ', '\u00a0a', '\u200ba'],
  ["self.upperAscii() == 'Ä'", 'Ä', 'ä'],
  ["self.replace('a', '') == 'b'", 'aba', 'b', 'c'],
  ["self.find('[0-9]+') == '1'", 'a1b2', 'b', '12'],
  ["self.findAll('[0-9]').size() == 2", 'a1b2', '1', ''],
  ["self.findAll('[0-9]', 1) == ['1']", 'a1b2', 'b'],
  ['int(self) > 5', '6', '5', 'x', '0x10', '', '1e3', '+7', ' 7'],
  ['double(self) > 0.5', '1', '0.1', 'x', '1e3', ''],
  ['bool(self)', 'true', 'false', 'x', 'T', 't', '1', ''],
  ["duration(self) > duration('1m')", '2m', '1s', 'x', '1h30m', '1.5h', '-2h'],
  [
    "timestamp(self) > timestamp('2024-01-01T00:00:00Z')",
    '2025-01-01T00:00:00Z',
    '2023-01-01T00:00:00Z',
    'x',
    '2025-01-01',
  ],
  ["self in ['a', 'b']", 'a', 'c'],
  ["{'a': 1}[self] == 1", 'a', 'b'],
  ['[1, 2][size(self)] == 2', 'a', 'aaa', ''],
  ["self.contains('a') && !self.endsWith('b')", 'ac', 'ab', 'c'],
  ['10 / size(self) == 5', 'ab', '', 'a'],
  ['10 % size(self) == 1', 'abc', ''],
  ['9223372036854775807 + size(self) > 0', '', 'a'],
  ["self < 'b' && self >= 'a'", 'a', 'ab', 'b', 'Z', '😀', '\uffff'],
  ['string(1.0) == self', '1', '1.0'],
  ['string(1e21) == self', '1e+21', '1000000000000000000000'],
  ['size(bytes(self)) == 2', 'ä', 'a'],
  ['quantity(self).asInteger() == 1024', '1Ki', '1', '1.5'],
  ["quantity(self).add(quantity('1')).isGreaterThan(quantity('1k'))", '1k', '1'],
  ['isURL(self)', 'http://a.b/c', 'a', '/a', ''],
  ["optional.of(self).hasValue() && optional.of(self).value() == 'a'", 'a', 'b'],
  ['[1, 2, 3].filter(i, i > size(self)).map(i, i * 2) == [4, 6]', 'a', ''],
  ['[1, 2].exists(i, i == size(self) || 1 / (i - 1) > 0)', 'a', 'aaa'],
  ['[1, 2].all(i, i > size(self) && 1 / (i - 1) > 0)', '', 'aa'],
  ['type(self) == string && dyn(1) == 1.0', 'a'],
  ["self == '' ? 1 == 1 : self.startsWith('a')", '', 'a', 'b'],
  [
    'timestamp(self).getFullYear() == 2024 && timestamp(self).getHours() == 23',
    '2024-12-31T23:00:00Z',
    '2024-12-31T22:00:00-01:00',
  ],
  ['duration(self).getMinutes() == 90 && duration(self).getHours() == 1', '90m', '1h'],
]

export const groups: Readonly<Record<string, Group>> = {
  ...randomGroups,
  cel: {
    schema: root(
      object(
        Object.fromEntries(
          textRules.map(([rule], index) => [
            `r${index}`,
            { type: 'string', maxLength: 25, 'x-kubernetes-validations': [{ rule }] } as const,
          ]),
        ),
      ),
    ),
    creates: textRules.flatMap(([, ...texts], index) => fields(`r${index}`, ...texts)),
  },
  types: {
    schema: root(
      object({
        s: text,
        i: integer,
        n: { type: 'number' },
        b: { type: 'boolean' },
        o: object({ x: text }),
        l: list(text),
        m: { type: 'object', additionalProperties: integer },
        any: { 'x-kubernetes-preserve-unknown-fields': true },
        nullable: { type: 'string', nullable: true },
        either: { 'x-kubernetes-int-or-string': true },
        open: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: object({ a: text }) },
        },
        free: { type: 'object', additionalProperties: true },
      }),
    ),
    creates: [
      ...['s', 'i', 'n', 'b', 'o', 'l', 'm', 'any', 'nullable', 'either', 'open', 'free'].flatMap((key) =>
        fields(key, ...all),
      ),
      ...specs({ unknown: 1, o: { x: 'a', y: 1 } }, null, 'text', [], {
        open: { known: { a: 'a', b: 1 }, other: { c: 1 } },
      }),
      { other: 1 },
      ...fields('i', 1e10, 3.0000000001, 1e30),
      ...fields('l', [1, 'a', null], [[]]),
      ...fields('m', { a: 'x', b: 1, c: null }),
    ],
  },
  numbers: {
    schema: root(
      object({
        min: { type: 'integer', minimum: 2 },
        max: { type: 'integer', maximum: 5 },
        xmin: { type: 'number', minimum: 2, exclusiveMinimum: true },
        xmax: { type: 'number', maximum: 5.5, exclusiveMaximum: true },
        multi: { type: 'integer', multipleOf: 3 },
        tenth: { type: 'number', multipleOf: 0.1 },
        i32: { type: 'integer', format: 'int32' },
        i64: { type: 'integer', format: 'int64' },
        f: { type: 'number', format: 'float' },
        d: { type: 'number', format: 'double' },
        big: { type: 'number', maximum: 2000000.5 },
        odd: { type: 'integer', minimum: 1.5 },
      }),
    ),
    creates: [
      ...fields('min', 1, 2, 3, -5),
      ...fields('max', 5, 6, 4.5, 7.5),
      ...fields('xmin', 2, 2.1, 1, 0.00001),
      ...fields('xmax', 5, 5.5, 6, 123456.75, 12345678.5),
      ...fields('multi', 3, 4, 0, -3),
      ...fields('tenth', 0.1, 0.3, 0.25, 1),
      ...fields('i32', 2147483647, 2147483648, -2147483649, 'a', 1.5),
      ...fields('i64', 2147483648, true, 1e19),
      ...fields('f', 1.5, 1e39, 1e300),
      ...fields('d', 1e39, 1),
      ...fields('big', 2000001, 3000000.5),
      ...fields('odd', 1, 2),
    ],
  },
  texts: {
    schema: root(
      object({
        min: { type: 'string', minLength: 2 },
        max: { type: 'string', maxLength: 3 },
        one: { type: 'string', maxLength: 1 },
        pattern: { type: 'string', pattern: '^[a-z]+$' },
        loose: { type: 'string', pattern: 'b.d' },
        spaces: { type: 'string', pattern: '^\\S+$' },
        flags: { type: 'string', pattern: '(?i)^ABC$' },
        classes: { type: 'string', pattern: '^[[:alpha:]_\\-.]{1,3}\\z' },
        'en-um': { type: 'string', enum: ['A', 'B c', '"q"'] },
        num: { type: 'integer', enum: [1, 2] },
        both: { type: 'string', maxLength: 2, pattern: '^a', enum: ['a'] },
        nullableEnum: { type: 'string', nullable: true, enum: ['a'] },
      }),
    ),
    creates: [
      ...fields('min', '', 'a', 'ab', '😀', '😀😀'),
      ...fields('max', 'abc', 'abcd', '😀😀😀', 'äöüß'),
      ...fields('one', 'ab'),
      ...fields('pattern', 'abc', 'ABC', '', 'abc\n', 'tab\there "q" \\ ü \u0001 \u007f'),
      ...fields('loose', 'abcde', 'b\nd', 'b\rd', 'b\u2028d'),
      ...fields('spaces', 'ab', 'a b', 'a\u00a0b', 'a\vb'),
      ...fields('flags', 'abc', 'abd'),
      ...fields('classes', 'a-.', 'abcd', 'é'),
      ...fields('en-um', 'A', 'a', '', 1, '<x>&'),
      ...fields('num', 1, 3, '1'),
      ...fields('both', 'bbb', 'a', 'ab'),
      ...fields('nullableEnum', null, 'a', 'b'),
    ],
  },
  formats: {
    schema: root(
      object(Object.fromEntries(Object.keys(formats).map((format) => [format, { type: 'string', format }]))),
    ),
    creates: Object.entries(formats).flatMap(([format, values]) => fields(format, ...values, 1, [], {})),
  },
  lists: {
    schema: root(
      object({
        min: list(text, { minItems: 1 }),
        max: list(text, { maxItems: 2 }),
        one: list(text, { maxItems: 1 }),
        set: list(text, { 'x-kubernetes-list-type': 'set' }),
        nums: list(integer, { 'x-kubernetes-list-type': 'set' }),
        map: list(object({ name: text, kind: { type: 'string', default: 'k' }, v: integer }, { required: ['name'] }), {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        }),
        two: list(object({ a: text, b: { type: 'string', default: 'x' } }, { required: ['a'] }), {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['a', 'b'],
        }),
        few: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: text },
        nested: list(list(integer)),
      }),
    ),
    creates: [
      ...fields('min', [], ['a']),
      ...fields('max', ['a', 'b'], ['a', 'b', 'c']),
      ...fields('one', ['a', 'b', 'c']),
      ...fields('set', ['a', 'a', 'b', 'b', 'b'], ['a', 'b'], [1, 1]),
      ...fields('nums', [1, 2, 1]),
      ...fields(
        'map',
        [{ name: 'a' }, { name: 'a' }],
        [{ name: 'a' }, { name: 'b' }],
        [{}, {}],
        ['x'],
        [null, { name: 'a' }],
        [{ name: 'a', v: 'x' }],
      ),
      ...fields('two', [{ a: '1' }, { a: '1', b: 'x' }], [{ a: '1' }, { a: '1', b: 'y' }]),
      ...fields('few', {}, { a: 'x' }, { a: 'x', b: 'y', c: 'z' }),
      ...fields('nested', [[1], ['a', [2]]]),
    ],
    updates: [
      [{ spec: { set: ['a', 'a'] } }, { spec: { set: ['a', 'a'], max: ['x'] } }],
      [{ spec: { set: ['a'] } }, { spec: { set: ['b', 'b'] } }],
      [
        { spec: { map: [{ name: 'a', v: 'bad' }] } },
        {
          spec: {
            map: [
              { name: 'b', v: 1 },
              { name: 'a', v: 'bad' },
            ],
          },
        },
      ],
      [{ spec: { map: [{ name: 'a', v: 'bad' }] } }, { spec: { map: [{ name: 'a', v: 'worse' }] } }],
    ],
  },
  required: {
    schema: root(object({ a: text, b: object({ c: text }, { required: ['c'] }) }, { required: ['a', 'b'] }), {
      required: ['spec'],
    }),
    creates: [
      {},
      ...specs({}, { a: 'x' }, { a: 'x', b: {} }, { a: null, b: null }, { a: 'x', b: { c: 'y' } }, { a: 1, b: [] }),
    ],
  },
  junctors: {
    schema: root(
      object({
        any: {
          type: 'object',
          properties: { a: text, b: integer },
          anyOf: [{ required: ['a'] }, { required: ['b'], properties: { b: { minimum: 5 } } }],
        },
        one: {
          type: 'object',
          properties: { a: text, b: integer, c: text },
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
        },
        all: { type: 'string', allOf: [{ minLength: 2 }, { pattern: '^x' }] },
        not: { type: 'string', not: { enum: ['no'] } },
        either: {
          'x-kubernetes-int-or-string': true,
          anyOf: [{ type: 'integer' }, { type: 'string' }],
          pattern: '^[0-9]+%$',
        },
        deep: list({
          type: 'object',
          properties: { x: integer },
          not: { properties: { x: { maximum: 3 } }, required: ['x'] },
        }),
      }),
    ),
    creates: [
      ...fields('any', {}, { a: 'x' }, { b: 1 }, { b: 6 }, { a: 1 }, { a: 'x', b: 1 }),
      ...fields('one', {}, { a: 'x' }, { a: 'x', b: 1 }, { c: 'x' }, { a: 1 }),
      ...fields('all', 'a', 'ab', 'xa', 'x', 1),
      ...fields('not', 'no', 'yes'),
      ...fields('either', 1, '1%', 'x', true, 1.5),
      ...fields('deep', [{ x: 1 }, { x: 5 }, {}]),
    ],
  },
  defaults: {
    schema: root(
      object(
        {
          s: { type: 'string', default: 'd' },
          n: { type: 'integer', default: 0, nullable: true },
          f: { type: 'boolean', default: false },
          o: { type: 'object', default: {}, properties: { in: { type: 'string', default: 'deep' } } },
          p: { type: 'object', properties: { in: { type: 'string', default: 'deep' } } },
          l: list({ type: 'object', properties: { x: { type: 'integer', default: 7 } } }),
          m: {
            type: 'object',
            additionalProperties: { type: 'object', properties: { x: { type: 'integer', default: 7 } } },
          },
          req: { type: 'string', default: 'r' },
        },
        { default: { req: 'x' }, required: ['req'] },
      ),
    ),
    creates: [
      {},
      { spec: null },
      ...specs(
        {},
        { s: null, n: null, f: null, o: null, p: null, l: null, m: null },
        { p: {}, l: [{}, null], m: { a: {}, b: null } },
        { o: { in: null } },
        { s: 1 },
      ),
    ],
  },
  embedded: {
    schema: root(
      object({
        r: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
        t: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: object({ a: text }) } },
      }),
    ),
    creates: [
      ...fields(
        'r',
        {},
        { apiVersion: 'v1', kind: 'Pod', x: 1 },
        { apiVersion: 'a/b/c', kind: 'pod_' },
        { apiVersion: '', kind: '' },
        { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', labels: { 'a b': 'c d' } } },
      ),
      ...fields('t', { apiVersion: 'v1', kind: 'Pod', spec: { a: 'a', b: 1 }, other: 1, metadata: { name: 'a/b' } }),
    ],
  },
  rules: {
    schema: root(
      object(
        {
          min: integer,
          max: integer,
          name: {
            type: 'string',
            maxLength: 20,
            'x-kubernetes-validations': [
              { rule: "self.startsWith('a')", message: ' begins with a ' },
              { rule: "self.matches('^[a-z]+$')" },
            ],
          },
          tags: list(
            { type: 'string', maxLength: 10 },
            {
              maxItems: 5,
              'x-kubernetes-validations': [
                { rule: 'self.all(t, size(t) > 1)', messageExpression: "'tags: ' + self.join(',')" },
                { rule: "self.exists_one(t, t == 'aa') || size(self) == 0", reason: 'FieldValueForbidden' },
              ],
            },
          ),
          map: {
            type: 'object',
            maxProperties: 5,
            additionalProperties: { type: 'integer' },
            'x-kubernetes-validations': [
              { rule: "self.all(k, k != 'bad')" },
              { rule: "!('x' in self) || self['x'] > 3" },
            ],
          },
          fixed: {
            type: 'string',
            maxLength: 10,
            'x-kubernetes-validations': [
              { rule: 'self == oldSelf', message: 'is immutable', reason: 'FieldValueInvalid' },
            ],
          },
          start: { type: 'string', format: 'date-time' },
          end: { type: 'string', format: 'date-time' },
          wait: {
            type: 'string',
            format: 'duration',
            'x-kubernetes-validations': [{ rule: "self >= duration('1m')" }],
          },
          port: {
            'x-kubernetes-int-or-string': true,
            'x-kubernetes-validations': [{ rule: 'type(self) == int ? self > 0 : self.endsWith("%")', fieldPath: '' }],
          },
          'the-key': text,
          namespace: text,
          once: {
            type: 'string',
            maxLength: 10,
            'x-kubernetes-validations': [
              { rule: '!oldSelf.hasValue() || oldSelf.value() == self', optionalOldSelf: true, message: 'set once' },
            ],
          },
          size: {
            type: 'string',
            maxLength: 20,
            'x-kubernetes-validations': [{ rule: "isQuantity(self) && quantity(self).isLessThan(quantity('1Gi'))" }],
          },
          ratio: { type: 'number', 'x-kubernetes-validations': [{ rule: 'self < 1.0' }] },
          steps: list(
            object(
              { name: { type: 'string', maxLength: 10 }, need: { type: 'string', maxLength: 10 }, n: integer },
              {
                required: ['name'],
                'x-kubernetes-validations': [{ rule: 'self.n >= oldSelf.n', message: 'only grows' }],
              },
            ),
            {
              maxItems: 4,
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['name'],
              'x-kubernetes-validations': [
                { rule: 'self.filter(s, has(s.need)).all(s, self.exists(o, o.name == s.need))' },
              ],
            },
          ),
        },
        {
          'x-kubernetes-validations': [
            {
              rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
              message: 'min is above max',
              fieldPath: '.min',
            },
            { rule: '!has(self.min) || 10 / self.min > 0' },
            { rule: '!has(self.start) || !has(self.end) || self.start < self.end' },
            { rule: "!has(self.the__dash__key) || self.the__dash__key != 'x'" },
            { rule: "!has(self.__namespace__) || self.__namespace__ != 'x'", reason: 'FieldValueDuplicate' },
            { rule: '!has(self.tags) || self.tags.map(t, t + t).size() < 4', reason: 'FieldValueRequired' },
          ],
        },
      ),
      {
        'x-kubernetes-validations': [
          { rule: "self.metadata.name != 'forbidden' && self.kind != ''" },
          { rule: "!has(self.spec) || self.spec.?name.orValue('a') != 'azz'" },
        ],
      },
    ),
    creates: specs(
      {},
      { min: 1, max: 2 },
      { min: 3, max: 2 },
      { min: 0 },
      { min: 20 },
      { min: 'x', max: 1 },
      ...['abc', 'bcd', 'a1', 'ABC', 'azz', ''].map((name) => ({ name })),
      { tags: ['aa', 'b'] },
      { tags: ['bb'] },
      { tags: [] },
      { tags: ['aa', 'aa'] },
      { tags: ['aa', 'bb', 'cc', 'dd'] },
      { map: { bad: 1 } },
      { map: { x: 1 } },
      { map: { x: 4, y: 1 } },
      { map: {} },
      { fixed: 'a' },
      { once: 'a' },
      { start: '2024-01-01T00:00:00Z', end: '2023-01-01T00:00:00Z' },
      { start: '2024-01-01T00:00:00Z', end: '2024-01-01T02:00:00+01:00' },
      { wait: '2m' },
      { wait: '30s' },
      { wait: '1h30m' },
      { port: 0 },
      { port: 1 },
      { port: 'x' },
      { port: '5%' },
      { 'the-key': 'x' },
      { namespace: 'x' },
      { 'the-key': 'y', namespace: 'y' },
      { size: '1Mi' },
      { size: '2Gi' },
      { size: 'x' },
      { size: '500m' },
      { ratio: 0.5 },
      { ratio: 1 },
      { ratio: 2 },
      { steps: [{ name: 'a' }, { name: 'b', need: 'a' }] },
      { steps: [{ name: 'a', need: 'c' }] },
    ),
    updates: [
      [{ spec: { fixed: 'a' } }, { spec: { fixed: 'b' } }],
      [{ spec: { fixed: 'a' } }, { spec: { fixed: 'a', min: 1 } }],
      [{ spec: { once: 'a' } }, { spec: { once: 'b' } }],
      [{ spec: { once: 'a' } }, { spec: { once: 'a' } }],
      [{ spec: {} }, { spec: { fixed: 'b', once: 'b' } }],
      [{ spec: { name: 'B1' } }, { spec: { name: 'B1', min: 1 } }],
      [{ spec: { name: 'B1' } }, { spec: { name: 'B2' } }],
      [{ spec: { min: 3, max: 2 } }, { spec: { min: 3, max: 2 } }],
      [{ spec: { min: 3, max: 2 } }, { spec: { min: 3, max: 1 } }],
      [{ spec: { steps: [{ name: 'a', n: 2 }] } }, { spec: { steps: [{ name: 'a', n: 1 }] } }],
      [
        { spec: { steps: [{ name: 'a', n: 2 }] } },
        {
          spec: {
            steps: [
              { name: 'b', n: 1 },
              { name: 'a', n: 3 },
            ],
          },
        },
      ],
      [{ spec: { steps: [{ name: 'a' }] } }, { spec: { steps: [{ name: 'a', n: 3 }] } }],
    ],
  },
  ratchet: {
    schema: root(
      object({
        a: { type: 'string', maxLength: 2 },
        n: integer,
        e: { type: 'string', enum: ['x'] },
        o: object({ p: text, q: integer }, { required: ['p'] }),
        l: list({ type: 'string', maxLength: 1 }),
        any: { type: 'string', allOf: [{ maxLength: 2 }] },
      }),
    ),
    updates: [
      [{ spec: { a: 'long', n: 1 } }, { spec: { a: 'long', n: 2 } }],
      [{ spec: { a: 'long' } }, { spec: { a: 'longer' } }],
      [{ spec: { n: 'text', e: 'y' } }, { spec: { n: 'text', e: 'y', a: 'b' } }],
      [{ spec: { o: { q: 1 } } }, { spec: { o: { q: 1 }, n: 1 } }],
      [{ spec: { o: { q: 1 } } }, { spec: { o: { q: 2 } } }],
      [{ spec: { o: { q: 'bad' } } }, { spec: { o: { q: 'bad', p: 'x' } } }],
      [{ spec: { l: ['aa'] } }, { spec: { l: ['aa'], n: 1 } }],
      [{ spec: { l: ['aa'] } }, { spec: { l: ['aa', 'b'] } }],
      [{ spec: { any: 'long' } }, { spec: { any: 'long', n: 1 } }],
      [{ spec: { a: 'long' } }, { spec: { a: 'long' } }],
      [{ spec: 'text' }, { spec: 'text' }],
      [{ spec: { unknown: 1 } }, { spec: { unknown: 1, n: 'x' } }],
    ],
  },
  session: {
    schema: session.spec.versions[0].schema.openAPIV3Schema,
    creates: [
      {},
      { spec: {} },
      ...specs(
        { repos: [{ url: 'https://a/b' }, { url: 'https://a/c', branch: 'dev', autoPush: true }] },
        { repos: [{}] },
        { repos: [{ url: '' }] },
        { repos: [{ url: 'a b' }] },
        { repos: { url: 'x' } },
        { repos: Array(65).fill({ url: 'x' }) },
        { timeout: -5 },
        { timeout: 'soon' },
        { timeout: 2592001 },
        { timeout: 1.5 },
        { timeout: null },
        { timeout: 0 },
        { llmSettings: {} },
        { llmSettings: { temperature: 2.5 } },
        { llmSettings: { temperature: 'hot' } },
        { llmSettings: { model: '', maxTokens: 0 } },
        { llmSettings: null },
        { environmentVariables: { A: 'x' } },
        { environmentVariables: { '1A': 'x' } },
        { environmentVariables: { A: 1 } },
        { environmentVariables: { 'A B': 'x', C: 'y' } },
        { initialPrompt: 'p'.repeat(32001) },
        { displayName: 'ü'.repeat(257) },
        { userContext: { groups: ['a', 1] } },
        { mcpServers: { custom: { a: { command: 'x', args: [1] } }, disabled: ['b'], other: 1 } },
        { mcpServers: { custom: { a: 'x' } } },
        { activeWorkflow: { gitUrl: 'x' } },
        { activeWorkflow: { gitUrl: '' } },
        { nonsense: true },
        'hello',
        { stopOnRunFinished: 'yes', inactivityTimeout: -1 },
      ),
      { status: { phase: 'Error' } },
      { status: { attempt: 0, observedGeneration: 'x' } },
      { status: { startTime: 'yesterday' } },
      {
        status: {
          conditions: [
            { type: 'A', status: 'True' },
            { type: 'A', status: 'False' },
          ],
        },
      },
      { status: { conditions: [{ type: 'A', status: 'Maybe' }, { status: 'True' }] } },
    ],
    updates: [
      [
        { spec: { initialPrompt: 'a' }, ...running },
        { spec: { initialPrompt: 'b' }, ...running },
      ],
      [
        { spec: { initialPrompt: 'a' }, ...running },
        { spec: {}, ...running },
      ],
      [{ spec: { initialPrompt: 'a' } }, { spec: { initialPrompt: 'b' } }],
      [
        { spec: { timeout: 5 }, ...running },
        { spec: { timeout: 6 }, ...running },
      ],
      [
        { spec: {}, ...running },
        { spec: { timeout: 300 }, ...running },
      ],
      [
        { spec: { userContext: { userId: 'a', groups: ['x'] } }, ...running },
        { spec: { userContext: { userId: 'a', groups: ['x'] }, displayName: 'n' }, ...running },
      ],
      [
        { spec: { userContext: { userId: 'a', groups: ['x'] } }, ...running },
        { spec: { userContext: { userId: 'a', groups: ['y'] } }, ...running },
      ],
      [
        { spec: { llmSettings: { model: 'm' }, environmentVariables: { A: 'b' } }, ...running },
        { spec: { llmSettings: { model: 'n' }, environmentVariables: { A: 'c' } }, ...running },
      ],
      [{ spec: { timeout: 'soon' } }, { spec: { timeout: 'soon', displayName: 'x' } }],
      [
        { spec: { timeout: -5 }, ...running },
        { spec: { timeout: -5, displayName: 'x' }, ...running },
      ],
      [{ spec: 'hello' }, { spec: 'hello' }],
      [
        { spec: { environmentVariables: { '1A': 'x' } } },
        { spec: { environmentVariables: { '1A': 'x' }, timeout: 7 } },
      ],
      [
        { spec: {}, status: { phase: 'Error' } },
        { spec: { displayName: 'a' }, status: { phase: 'Error' } },
      ],
    ],
  },
}

export const cases: readonly SchemaCase[] = Object.entries(groups).flatMap(
  ([group, { creates = [], updates = [] }]) => [
    ...creates.map((object, index) => ({ name: `${group}-create-${index}`.toLowerCase(), group, object })),
    ...updates.map(([old, object], index) => ({ name: `${group}-update-${index}`.toLowerCase(), group, object, old })),
  ],
)
