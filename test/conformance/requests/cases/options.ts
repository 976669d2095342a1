import { aCase, apply, del, get, given, json, merge, post, put, strategic, watch } from '../case.ts'
import { cm, deployment, job, lease, pod, scaler, service, widget } from '../fixtures.ts'

const a = given(post('cm', cm('a', { data: { k: '1' } })))
const w = given(post('widgets', widget('a', { spec: { size: 1 } })))

export const optionCases = [
  aCase('dry run of a create', [
    post('cm?dryRun=All', cm('a')),
    get('cm/a'),
    watch('cm'),
    post('cm?dryRun=All', cm('b')),
  ]),
  aCase('dry run of a create of each kind', [
    post('jobs?dryRun=All', job('a')),
    post('pods?dryRun=All', pod('a')),
    post('svc?dryRun=All', service('a')),
    post('deploy?dryRun=All', deployment('a')),
    post('widgets?dryRun=All', widget('a')),
    post('ns?dryRun=All', { metadata: { name: '$ns-x' } }),
    get('ns/$ns-x'),
  ]),
  aCase('dry run of a create with generateName', [post('cm?dryRun=All', cm('', {}, { generateName: 'a-' }))]),
  aCase('dry run of a create of what is there', [a, post('cm?dryRun=All', cm('a'))]),
  aCase('dry run of a refused create', [
    post('cm?dryRun=All', cm('A')),
    post('widgets?dryRun=All', widget('a', { spec: { size: 'x' } })),
  ]),
  aCase('dry run of an update', [
    a,
    watch('cm?resourceVersion=$0.metadata.resourceVersion'),
    put('cm/a?dryRun=All', { $from: 0, data: { k: '2' } }),
    get('cm/a'),
  ]),
  aCase('dry run of an update with an old version', [
    a,
    given(merge('cm/a', { data: { k: '2' } })),
    put('cm/a?dryRun=All', { $from: 0, data: { k: '3' } }),
  ]),
  aCase('dry run of an update that creates', [put('leases/a?dryRun=All', lease('a')), get('leases/a')]),
  aCase('dry run of patches', [
    a,
    merge('cm/a?dryRun=All', { data: { k: '2' } }),
    json('cm/a?dryRun=All', [{ op: 'replace', path: '/data/k', value: '2' }]),
    strategic('cm/a?dryRun=All', { data: { k: '2' } }),
    apply('cm/a?dryRun=All&fieldManager=m&force=true', cm('a', { data: { k: '2' } })),
    apply('cm/b?dryRun=All&fieldManager=m', cm('b', { data: { k: '2' } })),
    get('cm'),
  ]),
  aCase('dry run of a write of the status', [
    w,
    merge('widgets/a/status?dryRun=All', { status: { phase: 'X' } }),
    put('widgets/a/status?dryRun=All', { $from: 0, status: { phase: 'X' } }),
    get('widgets/a'),
  ]),
  aCase('dry run of a change of the spec', [
    w,
    merge('widgets/a?dryRun=All', { spec: { size: 2 } }),
    merge('widgets/a?dryRun=All', { spec: { size: 1 } }),
    get('widgets/a'),
  ]),
  aCase('dry run of a delete', [a, del('cm/a?dryRun=All'), del('cm/a', { dryRun: ['All'] }), get('cm/a')]),
  aCase('dry run of a delete with a finalizer', [
    given(post('widgets', widget('a', {}, { finalizers: ['x.io/f'] }))),
    del('widgets/a?dryRun=All'),
    get('widgets/a'),
    given(del('widgets/a')),
    merge('widgets/a?dryRun=All', { metadata: { finalizers: null } }),
    get('widgets/a'),
  ]),
  aCase('dry run of a delete of a Pod and a Job', [
    given(post('pods', pod('a', { nodeName: 'n' })), post('jobs', job('a'))),
    del('pods/a?dryRun=All'),
    del('jobs/a?dryRun=All', { propagationPolicy: 'Foreground' }),
    get('pods/a'),
    get('jobs/a'),
  ]),
  aCase('dry run of a deletion of a collection', [a, given(post('cm', cm('b'))), del('cm?dryRun=All'), get('cm')]),
  aCase('dry run of a scale', [
    given(post('scalers', scaler('a', { spec: { replicas: 1 } }))),
    merge('scalers/a/scale?dryRun=All', { spec: { replicas: 3 } }),
    get('scalers/a'),
  ]),
  aCase('dry run of a deletion of a Namespace', [
    given(post('ns', { metadata: { name: '$ns-x' } })),
    del('ns/$ns-x?dryRun=All'),
    get('ns/$ns-x'),
  ]),
  aCase('a dry run that is none', [
    post('cm?dryRun=x', cm('a')),
    a,
    put('cm/a?dryRun=x', cm('a')),
    merge('cm/a?dryRun=x', {}),
    del('cm/a?dryRun=x'),
    del('cm/a', { dryRun: ['x'] }),
    post('cm?dryRun=All&dryRun=All', cm('b')),
    post('cm?dryRun=', cm('b')),
    apply('cm/c?dryRun=x&fieldManager=m', cm('c')),
  ]),
  aCase('fieldValidation of a ConfigMap', [
    post('cm', { ...cm('a'), other: 1, metadata: { name: 'a', foo: 'x' } }),
    post('cm?fieldValidation=Warn', { ...cm('b'), other: 1 }),
    post('cm?fieldValidation=Ignore', { ...cm('c'), other: 1 }),
    post('cm?fieldValidation=Strict', { ...cm('d'), other: 1, more: 2 }),
    post('cm?fieldValidation=x', cm('e')),
    post('cm?fieldValidation=strict', cm('e')),
  ]),
  aCase('fieldValidation of a Job', [
    post('jobs?fieldValidation=Strict', job('a', { other: 1 })),
    post(
      'jobs',
      job('a', {
        other: 1,
        template: { spec: { containers: [{ name: 'x', image: 'y', foo: 1 }], restartPolicy: 'Never', bar: 2 } },
      }),
    ),
  ]),
  aCase('fieldValidation of a custom object', [
    post('widgets', widget('a', { spec: { size: 1, other: 1 }, more: 2 })),
    post(
      'widgets?fieldValidation=Strict',
      widget('b', { spec: { size: 1, other: 1, parts: [{ name: 'x', y: 1 }] }, more: 2 }),
    ),
    post('widgets?fieldValidation=Ignore', widget('c', { spec: { other: 1 } })),
    post('widgets?fieldValidation=Strict', widget('d', {}, { foo: 'x' })),
    post('widgets', widget('e', {}, { foo: 'x' })),
  ]),
  aCase('fieldValidation of patches', [
    a,
    merge('cm/a?fieldValidation=Strict', { other: 1 }),
    merge('cm/a', { other: 1 }),
    json('cm/a?fieldValidation=Strict', [{ op: 'add', path: '/other', value: 1 }]),
    strategic('cm/a?fieldValidation=Strict', { other: 1 }),
    w,
    merge('widgets/a?fieldValidation=Strict', { spec: { other: 1 } }),
    merge('widgets/a', { spec: { other: 1 } }),
    json('widgets/a?fieldValidation=Strict', [{ op: 'add', path: '/spec/other', value: 1 }]),
    put('widgets/a?fieldValidation=Strict', { $from: 5, spec: { other: 1 } }),
  ]),
  aCase('fieldValidation of duplicate keys', [
    post('cm?fieldValidation=Strict', undefined, {
      raw: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"}}',
    }),
    post('cm', undefined, {
      raw: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"}}',
    }),
    post('widgets?fieldValidation=Strict', undefined, {
      raw: '{"apiVersion":"conformance.test/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":1,"size":2}}',
    }),
    post('widgets', undefined, {
      raw: '{"apiVersion":"conformance.test/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":1,"size":2}}',
    }),
  ]),
  aCase('keys in another case', [
    post('cm', { apiVersion: 'v1', kind: 'ConfigMap', Metadata: { name: 'a' } }),
    post('cm', { ...cm('a'), Data: { k: 'v' } }),
    post('widgets', widget('a', { Spec: { size: 1 } })),
  ]),
  aCase('unknown options in the query', [
    a,
    get('cm/a?foo=bar'),
    get('cm?foo=bar&pretty=false'),
    post('cm?foo=bar', cm('b')),
    merge('cm/a?limit=x', {}),
    del('cm/a?foo=bar'),
  ]),
  aCase('pretty', [a, get('cm/a?pretty=true')]),
]
