import { aCase, apply, del, get, given, merge, post, strategic } from '../case.ts'
import { cm, widget } from '../fixtures.ts'

const cmWith = (field: string, value: unknown) => ({ ...cm('a'), [field]: value })
const widgetWith = (field: string, value: unknown) => ({ ...widget('a'), [field]: value })
const dryRun = ['All']
const ignoreErrors = 'ignoreStoreReadErrorWithClusterBreakingPotential'

/** JSON of shapes that nobody expects, and names that every JavaScript object knows. */
export const shapeCases = [
  aCase('a kind that is no text', [
    ...[{}, 1, [], true, null].map((kind) => post('cm', cmWith('kind', kind))),
    ...[{}, 1].map((version) => post('cm', cmWith('apiVersion', version))),
    ...[{}, 1, null].map((kind) => post('widgets', widgetWith('kind', kind))),
    post('widgets', widgetWith('apiVersion', {})),
  ]),
  aCase('a patch to a kind that is no text', [
    given(post('cm', cm('a')), post('widgets', widget('a'))),
    merge('cm/a', { kind: {} }),
    merge('cm/a', { apiVersion: 1 }),
    merge('widgets/a', { kind: {} }),
    merge('widgets/a', { apiVersion: { a: 1 } }),
    apply('cm/a?fieldManager=m', cmWith('kind', {})),
    apply('cm/a?fieldManager=m', widgetWith('apiVersion', {})),
  ]),
  aCase('options of a DELETE that are of other types', [
    given(post('cm', cm('a'))),
    del('cm/a', { kind: {} }),
    del('cm/a', { apiVersion: [] }),
    del('cm/a', { kind: 'x' }),
    del('cm/a', { preconditions: { uid: 1 } }),
    del('cm/a', { preconditions: { resourceVersion: {} } }),
    del('cm/a', { preconditions: { uid: null }, dryRun }),
    del('cm/a', { dryRun: 'All' }),
    del('cm/a', { dryRun: [1] }),
    del('cm/a', { gracePeriodSeconds: 1.5 }),
    del('cm/a', { gracePeriodSeconds: -1, dryRun }),
    del('cm/a', { orphanDependents: 'x' }),
    del('cm/a', { unknown: 1, dryRun }),
    del('cm/a', { [ignoreErrors]: true }),
    del('cm/a', { propagationPolicy: 'None' }),
    del('cm/a', []),
    del('cm/a', 'All'),
    del('cm', []),
    del('cm', { kind: 'x' }),
    del('cm/a', 'text', { type: 'text/plain' }),
    del('cm/a?gracePeriodSeconds=x'),
    del('cm/a?orphanDependents=x&dryRun=All'),
    del('cm/a?preconditions.uid=x&dryRun=All'),
    del('cm/a?dryRun=Some'),
    get('cm'),
    del('cm/a', null),
  ]),
  aCase('selectors of names that JavaScript knows', [
    given(post('cm', cm('a', {}, { labels: { a: 'b' } }))),
    get('cm?labelSelector=constructor'),
    get('cm?labelSelector=!toString'),
    get('cm?labelSelector=valueOf!=a'),
    get('cm?fieldSelector=constructor%3Da'),
    get('pods?fieldSelector=toString%3Da'),
    get('/apis/hasOwnProperty/status/api'),
    get('/apis/constructor/v1/toString'),
  ]),
  aCase('fields and labels of names that JavaScript knows', [
    post(
      'cm',
      cm('a', { data: { constructor: 'x', toString: 'y', ['__proto__']: 'z' } }, { labels: { valueOf: 'x' } }),
    ),
    merge('cm/a', JSON.parse('{"metadata":{"labels":{"constructor":"y"}},"data":{"__proto__":"w","valueOf":"v"}}')),
    merge('cm/a', { data: { toString: null }, constructor: { prototype: {} } }),
    strategic('cm/a', JSON.parse('{"data":{"__proto__":"s","toString":"t","hasOwnProperty":null}}')),
    strategic('cm/a', { data: { toString: null, constructor: null } }),
    get('cm?labelSelector=constructor%3Dy,valueOf'),
    post('widgets', widget('a', { spec: { constructor: 1, words: { constructor: 'x', toString: 'y' } } })),
    merge('widgets/a', { spec: { words: { toString: null, valueOf: 'z' } } }),
    apply('widgets/a?fieldManager=m', widget('a', { spec: { words: { hasOwnProperty: 'x' } } })),
  ]),
  aCase('tokens to continue from that are none', [
    ...['bnVsbA', 'e30', 'eyJ2IjoxfQ', 'W10', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6ICJ4In0'].map((token) =>
      get(`cm?continue=${token}`),
    ),
  ]),
]
