import { aCase, apply, get, given, json, merge, post, strategic } from '../case.ts'
import { cm, deployment, job, pod, service, widget } from '../fixtures.ts'

const a = given(post('cm', cm('a', { data: { k: '1', l: '2' } })))
const w = given(post('widgets', widget('a', { spec: { size: 1, tags: ['x'] } })))

export const patchingCases = [
  aCase(
    'the four patches of a ConfigMap',
    [
      a,
      merge('cm/a', { data: { k: null, m: '3' } }),
      json('cm/a', [{ op: 'replace', path: '/data/l', value: '4' }]),
      strategic('cm/a', { data: { n: '5' } }),
      apply('cm/a?fieldManager=m', cm('a', { data: { o: '6' } })),
    ],
    'fabric8: PATCH answers 202, and strategic merge and apply are missing',
  ),
  aCase('the patches of a custom object', [
    w,
    merge('widgets/a', { spec: { size: 2 } }),
    json('widgets/a', [{ op: 'add', path: '/spec/tags/-', value: 'y' }]),
    strategic('widgets/a', { spec: { size: 3 } }),
    apply('widgets/a?fieldManager=m', widget('a', { spec: { limit: 6 } })),
  ]),
  aCase('wrong content types', [
    a,
    merge('cm/a', {}, { type: 'application/json' }),
    merge('cm/a', {}, { type: 'text/plain' }),
    merge('cm/a', {}, { type: '' }),
    merge('cm/a', {}, { type: 'application/merge-patch+json; charset=utf-8' }),
    merge('cm/a', {}, { type: 'application/merge-patch+yaml' }),
    merge('widgets/a', {}, { type: 'application/json' }),
  ]),
  aCase('patches that are no JSON', [
    a,
    merge('cm/a', undefined, { raw: '{' }),
    json('cm/a', undefined, { raw: '[' }),
    strategic('cm/a', undefined, { raw: '{' }),
    apply('cm/a?fieldManager=m', undefined, { raw: '{' }),
  ]),
  aCase('patches of another shape', [
    a,
    merge('cm/a', []),
    merge('cm/a', 'x'),
    json('cm/a', { op: 'add' }),
    json('cm/a', [{ op: 'jump', path: '/data' }]),
    json('cm/a', [{ path: '/data' }]),
    json('cm/a', [{ op: 'add', path: 'data/x', value: '1' }]),
    json('cm/a', [{ op: 'add', path: '/data/x' }]),
    json('cm/a', []),
    strategic('cm/a', []),
    strategic('cm/a', { data: { $patch: 'jump' } }),
  ]),
  aCase('a JSON patch whose test fails', [
    a,
    json('cm/a', [{ op: 'test', path: '/data/k', value: '9' }]),
    json('cm/a', [
      { op: 'test', path: '/data/k', value: '1' },
      { op: 'remove', path: '/data/k' },
    ]),
    json('cm/a', [{ op: 'test', path: '/data/zz', value: '1' }]),
  ]),
  aCase(
    'a JSON patch of what is not there',
    [
      a,
      json('cm/a', [{ op: 'remove', path: '/data/zz' }]),
      json('cm/a', [{ op: 'replace', path: '/data/zz', value: '1' }]),
      json('cm/a', [{ op: 'add', path: '/metadata/labels/x', value: '1' }]),
      json('cm/a', [{ op: 'copy', from: '/data/zz', path: '/data/y' }]),
      json('cm/a', [{ op: 'move', from: '/data/k', path: '/data/y' }]),
      json('cm/a', [{ op: 'add', path: '/metadata/finalizers/0', value: 'x.io/f' }]),
    ],
    'fabric8: missing parents of a JSON patch are made',
  ),
  aCase('a JSON patch with escapes', [
    a,
    json('cm/a', [{ op: 'add', path: '/metadata/annotations', value: { 'x.io/a~b': '1' } }]),
    json('cm/a', [{ op: 'replace', path: '/metadata/annotations/x.io~1a~0b', value: '2' }]),
  ]),
  aCase('a JSON patch with too many operations', [
    a,
    json(
      'cm/a',
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/k', value: '1' })),
    ),
  ]),
  aCase('a patch of the name', [
    a,
    merge('cm/a', { metadata: { name: 'b' } }),
    json('cm/a', [{ op: 'replace', path: '/metadata/name', value: 'b' }]),
    merge('cm/a', { metadata: { name: null } }),
    strategic('cm/a', { metadata: { name: 'b' } }),
  ]),
  aCase('a patch of the name of a custom object', [
    w,
    merge('widgets/a', { metadata: { name: 'b' } }),
    merge('widgets/a', { metadata: { name: null } }),
  ]),
  aCase('a patch of the namespace', [
    a,
    merge('cm/a', { metadata: { namespace: 'other' } }),
    merge('cm/a', { metadata: { namespace: null } }),
  ]),
  aCase('a patch of the uid', [
    a,
    merge('cm/a', { metadata: { uid: 'x' } }),
    merge('cm/a', { metadata: { uid: null } }),
    merge('cm/a', { metadata: { uid: '$0.metadata.uid' }, data: { k: '9' } }),
  ]),
  aCase('a patch of the uid of a custom object', [
    w,
    merge('widgets/a', { metadata: { uid: 'x' } }),
    merge('widgets/a', { metadata: { uid: null } }),
  ]),
  aCase('a patch of the kind', [
    a,
    merge('cm/a', { kind: 'Secret' }),
    merge('cm/a', { kind: null }),
    merge('cm/a', { apiVersion: 'v2' }),
    merge('cm/a', { apiVersion: null }),
    strategic('cm/a', { kind: 'Secret' }),
  ]),
  aCase('a patch of the kind of a custom object', [
    w,
    merge('widgets/a', { kind: 'Plain' }),
    merge('widgets/a', { kind: null }),
    merge('widgets/a', { apiVersion: 'conformance.test/v2' }),
  ]),
  aCase('a patch of server-set metadata', [
    a,
    merge('cm/a', { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } }),
    merge('cm/a', { metadata: { generation: 5 } }),
    merge('cm/a', { metadata: { creationTimestamp: null } }),
    merge('cm/a', { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } }),
    merge('cm/a', { metadata: { selfLink: '/x' } }),
  ]),
  aCase('a patch of server-set metadata of a custom object', [
    w,
    merge('widgets/a', { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } }),
    merge('widgets/a', { metadata: { generation: 5 } }),
    merge('widgets/a', { metadata: { creationTimestamp: null } }),
  ]),
  aCase('a patch with a version', [
    a,
    merge('cm/a', { metadata: { resourceVersion: '$0.metadata.resourceVersion' }, data: { k: '2' } }),
    merge('cm/a', { metadata: { resourceVersion: '$0.metadata.resourceVersion' }, data: { k: '3' } }),
    json('cm/a', [{ op: 'test', path: '/metadata/resourceVersion', value: '$0.metadata.resourceVersion' }]),
    json('cm/a', [
      { op: 'replace', path: '/metadata/resourceVersion', value: '$0.metadata.resourceVersion' },
      { op: 'remove', path: '/data/k' },
    ]),
    strategic('cm/a', { metadata: { resourceVersion: '1' } }),
    merge('cm/a', { metadata: { resourceVersion: 'x' } }),
    merge('cm/a', { metadata: { resourceVersion: null }, data: { k: '4' } }),
  ]),
  aCase('a patch with a version of a custom object', [
    w,
    merge('widgets/a', { metadata: { resourceVersion: '$0.metadata.resourceVersion' }, spec: { size: 2 } }),
    merge('widgets/a', { metadata: { resourceVersion: '$0.metadata.resourceVersion' }, spec: { size: 3 } }),
    merge('widgets/a', { metadata: { resourceVersion: '' }, spec: { size: 4 } }),
  ]),
  aCase('a patch that makes an object invalid', [
    a,
    merge('cm/a', { data: { 'a b': '1' } }),
    merge('cm/a', { data: { k: 1 } }),
    json('cm/a', [{ op: 'replace', path: '/data', value: 'x' }]),
  ]),
  aCase('a patch that makes a custom object invalid', [
    w,
    merge('widgets/a', { spec: { size: 'x' } }),
    merge('widgets/a', { spec: { size: 101 } }),
    json('widgets/a', [{ op: 'add', path: '/spec/tags/-', value: 'x' }]),
  ]),
  aCase('a patch of a missing object', [
    merge('cm/none', { data: {} }),
    json('cm/none', []),
    strategic('cm/none', {}),
    merge('cm/none', undefined, { raw: '{' }),
  ]),
  aCase('a patch of a collection', [merge('cm', {}), merge('widgets', {})]),
  aCase('apply creates', [
    apply('cm/a?fieldManager=m', cm('a', { data: { k: '1' } })),
    apply('cm/a?fieldManager=m', cm('a', { data: { k: '1' } })),
    get('cm/a'),
  ]),
  aCase('apply creates a custom object', [
    apply('widgets/a?fieldManager=m', widget('a', { spec: { size: 1 } })),
    apply('widgets/a?fieldManager=m', widget('a', { spec: { size: 1 } })),
  ]),
  aCase('apply without a manager', [apply('cm/a', cm('a')), apply('cm/a?fieldManager=', cm('a'))]),
  aCase(
    'apply conflicts, and takes by force',
    [
      apply('cm/a?fieldManager=m', cm('a', { data: { k: '1', l: '1' } })),
      apply('cm/a?fieldManager=n', cm('a', { data: { k: '2', l: '2' } })),
      apply('cm/a?fieldManager=n&force=true', cm('a', { data: { k: '2' } })),
      apply('cm/a?fieldManager=m', cm('a', { data: { l: '1' } })),
      apply('cm/a?fieldManager=n', cm('a', { data: {} })),
    ],
    'client-go #103816: no server-side apply',
  ),
  aCase('apply conflicts with an update', [
    post('cm?fieldManager=u', cm('a', { data: { k: '1' } })),
    apply('cm/a?fieldManager=m', cm('a', { data: { k: '2' } })),
    apply('cm/a?fieldManager=m', cm('a', { data: { k: '1' } })),
  ]),
  aCase('apply of a custom object conflicts', [
    apply('widgets/a?fieldManager=m', widget('a', { spec: { size: 1 } })),
    apply('widgets/a?fieldManager=n', widget('a', { spec: { size: 2 } })),
    apply('widgets/a?fieldManager=n&force=true', widget('a', { spec: { size: 2 } })),
    apply('widgets/a?fieldManager=m', widget('a', { spec: {} })),
  ]),
  aCase('apply with force that is none', [
    apply('cm/a?fieldManager=m&force=x', cm('a')),
    merge('cm/a?force=true', {}),
    json('cm/a?force=false', []),
  ]),
  aCase('apply with managedFields', [
    apply(
      'cm/a?fieldManager=m',
      cm(
        'a',
        {},
        {
          managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
        },
      ),
    ),
  ]),
  aCase('apply of another kind or name', [
    apply('cm/a?fieldManager=m', { ...cm('a'), kind: 'Secret' }),
    apply('cm/a?fieldManager=m', { ...cm('a'), apiVersion: 'v2' }),
    apply('cm/a?fieldManager=m', cm('b')),
    apply('cm/a?fieldManager=m', cm('')),
    apply('cm/a?fieldManager=m', { metadata: { name: 'a' } }),
    apply('widgets/a?fieldManager=m', { ...widget('a'), kind: 'Plain' }),
    apply('widgets/a?fieldManager=m', widget('b')),
  ]),
  aCase('apply with a uid or a version', [
    apply('cm/a?fieldManager=m', cm('a', {}, { uid: 'x' })),
    apply('cm/b?fieldManager=m', cm('b', {}, { resourceVersion: '1' })),
    a,
    apply('cm/a?fieldManager=m', cm('a', {}, { uid: 'x' })),
    apply('cm/a?fieldManager=m', cm('a', {}, { resourceVersion: '1' })),
  ]),
  aCase('apply of unknown fields', [
    apply('cm/a?fieldManager=m', { ...cm('a'), other: 1 }),
    apply('cm/a?fieldManager=m&fieldValidation=Strict', { ...cm('a'), other: 1 }),
    apply('widgets/a?fieldManager=m', widget('a', { spec: { other: 1 } })),
    apply('widgets/a?fieldManager=m&fieldValidation=Strict', widget('a', { spec: { other: 1 } })),
  ]),
  aCase('apply of wrong types', [
    apply('cm/a?fieldManager=m', cm('a', { data: { k: 1 } })),
    apply('widgets/a?fieldManager=m', widget('a', { spec: { size: 'x' } })),
  ]),
  aCase('apply of YAML', [
    apply('cm/a?fieldManager=m', undefined, {
      raw: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n',
    }),
  ]),
  aCase('managers', [
    post('cm?fieldManager=m', cm('a')),
    merge('cm/a?fieldManager=n', { data: { k: '1' } }),
    merge('cm/a', { data: { l: '1' } }),
    merge('cm/a?fieldManager=n', { data: { k: null } }),
  ]),
  aCase('managers that are none', [
    post(`cm?fieldManager=${'m'.repeat(129)}`, cm('a')),
    post('cm?fieldManager=a%0Ab', cm('a')),
    apply(`cm/a?fieldManager=${'m'.repeat(129)}`, cm('a')),
    a,
    merge(`cm/a?fieldManager=${'m'.repeat(129)}`, {}),
    { call: `PUT cm/a?fieldManager=${'m'.repeat(129)}`, body: cm('a') },
  ]),
  aCase('managedFields are cleared', [
    a,
    merge('cm/a', { metadata: { managedFields: [{}] } }),
    merge('cm/a', { data: { z: '1' } }),
    merge('cm/a', { metadata: { managedFields: null } }),
  ]),
  aCase('managedFields that are none', [
    a,
    merge('cm/a', { metadata: { managedFields: [{ manager: 'x', operation: 'Jump' }] } }),
    post(
      'cm',
      cm('b', {}, { managedFields: [{ manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'X' }] }),
    ),
  ]),
  aCase('strategic merge patches of lists', [
    given(post('deploy', deployment('a')), post('svc', service('a')), post('pods', pod('a'))),
    strategic('deploy/a', {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'main', env: [{ name: 'A', value: '1' }] },
              { name: 'other', image: 'x' },
            ],
          },
        },
      },
    }),
    strategic('deploy/a', { spec: { template: { spec: { containers: [{ name: 'other', $patch: 'delete' }] } } } }),
    strategic('svc/a', {
      spec: {
        ports: [
          { port: 81, name: 'b' },
          { port: 80, name: 'a' },
        ],
      },
    }),
    strategic('svc/a', { spec: { ports: [{ port: 81, $patch: 'delete' }] } }),
    strategic('pods/a', { metadata: { finalizers: ['x.io/f'] } }),
    strategic('pods/a', { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.io/f'] } }),
  ]),
  aCase('fields of a Job that do not change', [
    given(post('jobs', job('a'))),
    merge('jobs/a', { spec: { completions: 5 } }),
    merge('jobs/a', { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } }),
    merge('jobs/a', { spec: { selector: { matchLabels: { a: 'b' } } } }),
    merge('jobs/a', { spec: { parallelism: 3, backoffLimit: 2, activeDeadlineSeconds: 9, suspend: true } }),
  ]),
  aCase('fields of a Pod that do not change', [
    given(post('pods', pod('a'))),
    merge('pods/a', { spec: { restartPolicy: 'Never' } }),
    strategic('pods/a', { spec: { containers: [{ name: 'main', image: 'other' }] } }),
    merge('pods/a', { spec: { nodeName: 'n' } }),
    merge('pods/a', { spec: { activeDeadlineSeconds: 5 } }),
  ]),
  aCase('an apply that gives up all it owned', [
    given(apply('widgets/a?fieldManager=m', widget('a', { spec: { tags: ['p'] } }, { finalizers: ['x.io/f'] }))),
    apply('widgets/a?fieldManager=m', widget('a')),
    get('widgets/a'),
  ]),
  aCase('an apply that leaves nothing of a part that it has', [
    given(apply('widgets/a?fieldManager=m', widget('a', { spec: { color: 'blue', tags: ['p'] } }))),
    apply('widgets/a?fieldManager=m', widget('a', { spec: {} })),
    apply('widgets/b?fieldManager=m', widget('b', { spec: { size: null } })),
    apply('widgets/b?fieldManager=m', widget('b', { spec: { color: null } })),
    get('widgets/a'),
  ]),
]
