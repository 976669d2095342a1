import { expect, test } from 'vitest'
import { passes } from './trigger-filter.ts'

const event = {
  attributes: {
    specversion: '1.0',
    id: '1',
    source: '/a',
    type: 'dev.knative.apiserver.resource.add',
    datacontenttype: 'application/json; charset=utf-8',
    kind: 'Job',
    namespace: '',
  },
}
const yes = { exact: { kind: 'Job' } }
const no = { exact: { kind: 'Pod' } }

test.each([
  ['nothing at all', {}, true],
  ['an empty filter', { filter: {} }, true],
  ['equal attributes', { filter: { attributes: { kind: 'Job', id: '1' } } }, true],
  ['an unequal one among them', { filter: { attributes: { kind: 'Job', id: '2' } } }, false],
  ['any value, present', { filter: { attributes: { kind: '' } } }, true],
  ['any value, empty', { filter: { attributes: { namespace: '' } } }, false],
  ['any value, absent', { filter: { attributes: { other: '' } } }, false],
  ['any subject, where there is none', { filter: { attributes: { subject: '' } } }, false],
  ['filters over filter', { filter: { attributes: { kind: 'Pod' } }, filters: [yes] }, true],
  ['all elements of filters', { filters: [yes, no] }, false],
  ['all attributes of exact', { filters: [{ exact: { kind: 'Job', id: '2' } }] }, false],
  ['a prefix', { filters: [{ prefix: { type: 'dev.knative.' } }] }, true],
  ['another prefix', { filters: [{ prefix: { type: 'knative' } }] }, false],
  ['a prefix of what is absent', { filters: [{ prefix: { other: 'a' } }] }, false],
  ['a suffix', { filters: [{ suffix: { type: '.add' } }] }, true],
  ['another suffix', { filters: [{ suffix: { type: 'resource' } }] }, false],
  ['any', { filters: [{ any: [no, yes] }] }, true],
  ['any of none', { filters: [{ any: [no, no] }] }, false],
  ['all', { filters: [{ all: [yes, yes] }] }, true],
  ['all but one', { filters: [{ all: [yes, no] }] }, false],
  ['not', { filters: [{ not: no }] }, true],
  ['not any', { filters: [{ not: { any: [no, yes] } }] }, false],
  ['the media type without its parameters', { filters: [{ exact: { datamediatype: 'application/json' } }] }, true],
])('lets an event through or not: %s', (_, spec, expected) => {
  expect(passes(spec, event)).toBe(expected)
})
