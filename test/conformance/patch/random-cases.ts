import fc from 'fast-check'
import { aCase, type Case, type Fields, type Step } from './case.ts'

const manager = fc.constantFrom('a', 'b', 'c')
const text = fc.constantFrom('1', '2')
const number = fc.constantFrom(1, 2)
const optional = <T>(values: Record<string, fc.Arbitrary<T>>) => fc.record(values, { requiredKeys: [] })

const items = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('x', 'y', 'z', 'w'), value: text, port: number }, { requiredKeys: ['name'] }),
  { selector: ({ name }) => name, maxLength: 4 },
)
const ports = fc.uniqueArray(
  fc.record(
    { port: number, protocol: fc.constantFrom('TCP', 'UDP'), value: text },
    { requiredKeys: ['port', 'protocol'] },
  ),
  { selector: ({ port, protocol }) => `${port}/${protocol}`, maxLength: 3 },
)
const spec = optional<unknown>({
  size: number,
  color: text,
  any: fc.constantFrom(1, '1'),
  plain: fc.array(fc.record({ name: text }), { maxLength: 2 }),
  tags: fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { maxLength: 3 }),
  items,
  ports,
  whole: optional({ a: text, b: text }),
  parts: optional<unknown>({ a: text, deep: optional({ c: text, d: text }) }),
  words: optional({ k: text, l: text }),
  boxes: optional({ m: optional({ w: number, h: number }), n: optional({ w: number }) }),
  free: optional<unknown>({ u: number, v: optional({ w: text }), x: fc.array(number, { maxLength: 2 }) }),
})
const status = optional<unknown>({
  phase: text,
  conditions: fc.uniqueArray(fc.record({ type: fc.constantFrom('A', 'B'), status: text }), {
    selector: ({ type }) => type,
  }),
})
const labels = optional({ l: text, m: text })

const nothing = fc.constant(null)
const change = optional<unknown>({
  size: fc.oneof(number, nothing),
  tags: fc.oneof(fc.constant(['p', 'r']), nothing),
  items: fc.oneof(items, nothing),
  parts: fc.oneof(
    optional<unknown>({ a: fc.oneof(text, nothing), deep: fc.oneof(optional({ c: text }), nothing) }),
    nothing,
  ),
  words: fc.oneof(optional({ k: fc.oneof(text, nothing) }), nothing),
  whole: fc.oneof(optional({ a: text }), nothing),
})

const step = (object: (fields?: Fields) => object, name: string): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      arbitrary: fc.record({
        verb: fc.constant('apply' as const),
        manager,
        force: fc.boolean(),
        body: bodies(object, name),
      }),
      weight: 4,
    },
    {
      arbitrary: fc.record({
        verb: fc.constantFrom('update' as const, 'merge' as const),
        manager,
        body: fc.record({ spec: change }),
      }),
      weight: 2,
    },
    {
      arbitrary: fc.record({
        verb: fc.constant('apply' as const),
        manager,
        force: fc.boolean(),
        subresource: fc.constant('status' as const),
        body: status.map((fields) => object({ status: fields })),
      }),
      weight: 1,
    },
  )

const bodies = (object: (fields?: Fields) => object, name: string) =>
  fc
    .record({ spec, labels: fc.option(labels, { nil: undefined }) })
    .map(({ spec, labels }) => object({ spec, ...(labels && { metadata: { name, labels } }) }))

/** Sequences on a Widget by three managers; the same seed gives the same ones. */
export function randomCases(seed: number, count: number): readonly Case[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `random ${seed} ${index}`
    return aCase('Widget', name, (object) => [
      { verb: 'apply', manager: 'a', body: object({ spec: {} }) },
      ...(fc.sample(fc.array(step(object, `random-${seed}-${index}`), { minLength: 4, maxLength: 8 }), {
        seed: seed * 100_000 + index,
        numRuns: 1,
      })[0] ?? []),
    ])
  })
}
