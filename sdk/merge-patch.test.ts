import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMergePatch } from '#test/apply-merge-patch.ts'
import { mergePatch } from './merge-patch.ts'

/** What JSON can say without null, which a merge patch has no word for. Few keys, so that two objects have some in common. */
const objectsWith = (...keys: string[]) =>
  fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.integer(), fc.string(), fc.boolean(), tie('array'), tie('object')),
    array: fc.array(tie('value'), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }),
  })).object as fc.Arbitrary<object>
const json = objectsWith('a', 'b', 'c', 'd')

describe('the merge patch from one object to another', () => {
  it.each([
    ['sets what is new', { a: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ['removes what is gone', { a: 1, b: 2 }, { a: 1 }, { b: null }],
    ['removes what is undefined', { a: 1, b: 2 }, { a: 1, b: undefined }, { b: null }],
    ['goes into objects', { a: { x: 1, y: 2 } }, { a: { x: 1, y: 3 } }, { a: { y: 3 } }],
    ['replaces arrays whole', { a: [{ x: 1 }, { x: 2 }] }, { a: [{ x: 1 }, { x: 3 }] }, { a: [{ x: 1 }, { x: 3 }] }],
    ['replaces an object by a text', { a: { x: 1 } }, { a: 'x' }, { a: 'x' }],
    ['empties an object', { a: { x: 1 } }, { a: {} }, { a: { x: null } }],
  ])('%s', (_, from, to, patch) => {
    expect(mergePatch(from, to)).toEqual(patch)
  })

  it.each([
    ['the order of keys', { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }],
    ['a key that is undefined', { a: 1 }, { a: 1, b: undefined }],
    ['nothing', { a: [{ b: [1] }] }, { a: [{ b: [1] }] }],
  ])('is none where they differ in %s', (_, from, to) => {
    expect(mergePatch(from, to)).toBeUndefined()
  })

  const makesTheOneIntoTheOther = (objects: fc.Arbitrary<object>) =>
    fc.assert(
      fc.property(objects, objects, (from, to) => {
        expect(applyMergePatch(from, overTheWire(mergePatch(from, to) ?? {}))).toEqual(to)
      }),
      { numRuns: 2000 },
    )

  it('makes the one into the other when it is applied (RFC 7386)', () => makesTheOneIntoTheOther(json))

  it('does so for names that every object inherits', () =>
    makesTheOneIntoTheOther(objectsWith('toString', 'constructor')))

  it('is none only where they are equal', () =>
    fc.assert(
      fc.property(json, json, (from, to) => {
        expect(mergePatch(from, from)).toBeUndefined()
        if (mergePatch(from, to) === undefined) expect(to).toEqual(from)
      }),
    ))

  it('does not change either', () =>
    fc.assert(
      fc.property(json, json, (from, to) => {
        const before = structuredClone([from, to])
        mergePatch(from, to)
        expect([from, to]).toEqual(before)
      }),
    ))
})

const overTheWire = (value: object): unknown => JSON.parse(JSON.stringify(value))
