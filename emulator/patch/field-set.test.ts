import fc from 'fast-check'
import { expect, test } from 'vitest'
import { difference, has, intersection, pathsOf, setOf, union } from './field-set.ts'
import { fromFieldsV1, toFieldsV1 } from './fields-v1.ts'
import { type Path, printed } from './path-element.ts'

const element = fc.oneof(
  fc.constantFrom('a', 'b', '1', '<&>').map((field) => ({ field })),
  fc.constantFrom('x', 'y"').map((value) => ({ value })),
  fc.record({ key: fc.constantFrom('n', 'm').map((name) => [['name', name]] as [string, unknown][]) }),
)
const paths: fc.Arbitrary<Path[]> = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 })

test('a set survives its encoding', () => {
  fc.assert(
    fc.property(paths, (some) => {
      const set = setOf(...some)
      expect(pathsOf(fromFieldsV1(toFieldsV1(set))).map(printed)).toEqual(pathsOf(set).map(printed))
    }),
  )
})

test('union, intersection and difference are those of the paths', () => {
  fc.assert(
    fc.property(paths, paths, (some, others) => {
      const [one, other] = [setOf(...some), setOf(...others)]
      for (const path of [...some, ...others]) {
        expect(has(union(one, other), path)).toBe(true)
        expect(has(intersection(one, other), path)).toBe(has(one, path) && has(other, path))
        expect(has(difference(one, other), path)).toBe(has(one, path) && !has(other, path))
      }
    }),
  )
})
