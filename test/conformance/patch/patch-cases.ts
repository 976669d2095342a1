import { aCase, type Case, type Step } from './case.ts'

const create = (body: unknown): Step => ({ verb: 'create', manager: 'maker', body })
const json = (...operations: readonly unknown[]): Step => ({ verb: 'json', manager: 'p', body: operations })
const merge = (body: unknown): Step => ({ verb: 'merge', manager: 'p', body })
const strategic = (body: unknown): Step => ({ verb: 'strategic', manager: 'p', body })

const config = (name: string, ...steps: readonly Step[]): Case =>
  aCase('ConfigMap', name, (object) => [create(object({ data: { a: '1', b: '2' } })), ...steps])

const widget = (name: string, ...steps: readonly Step[]): Case =>
  aCase('Widget', name, (object) => [
    create(
      object({
        spec: { size: 1, plain: [{ name: 'a' }, { name: 'b' }], tags: ['x'], parts: { a: '1', deep: { c: '1' } } },
      }),
    ),
    ...steps,
  ])

const defaulted = {
  imagePullPolicy: 'Always',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}
const container = (name: string, more: object = {}) => ({ name, image: 'i', ...more })
const deployment = (name: string, ...steps: readonly Step[]): Case =>
  aCase('Deployment', name, (object) => [
    create(
      object({
        spec: {
          paused: true,
          replicas: 0,
          progressDeadlineSeconds: 600,
          revisionHistoryLimit: 10,
          selector: { matchLabels: { app: 'a' } },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
          template: {
            metadata: { labels: { app: 'a' } },
            spec: {
              containers: [
                container('one', {
                  imagePullPolicy: 'Always',
                  terminationMessagePath: '/dev/termination-log',
                  terminationMessagePolicy: 'File',
                  env: [
                    { name: 'A', value: '1' },
                    { name: 'B', value: '2' },
                    { name: 'C', value: '3' },
                  ],
                  args: ['x', 'y'],
                }),
              ],
              volumes: [{ name: 'v', emptyDir: {} }],
              dnsPolicy: 'ClusterFirst',
              restartPolicy: 'Always',
              schedulerName: 'default-scheduler',
              securityContext: {},
              terminationGracePeriodSeconds: 30,
            },
          },
        },
      }),
    ),
    ...steps,
  ])

const pod = (spec: object): Step => strategic({ spec: { template: { spec } } })
const one = (more: object): Step => pod({ containers: [{ name: 'one', ...more }] })
const finalized = (name: string, ...steps: readonly Step[]): Case =>
  aCase('ConfigMap', name, (object) => [
    create(
      object({
        metadata: {
          name: object()['metadata'] && (object()['metadata'] as { name: string }).name,
          finalizers: ['t/a', 't/b', 't/c'],
        },
      }),
    ),
    ...steps,
    json({ op: 'remove', path: '/metadata/finalizers' }),
  ])

export const patchCases: readonly Case[] = [
  config(
    'json add replace remove',
    json(
      { op: 'add', path: '/data/c', value: '3' },
      { op: 'replace', path: '/data/a', value: '9' },
      { op: 'remove', path: '/data/b' },
    ),
  ),
  config(
    'json test that holds',
    json({ op: 'test', path: '/data/a', value: '1' }, { op: 'add', path: '/data/c', value: '3' }),
  ),
  config('json test that fails', json({ op: 'test', path: '/data/a', value: '2' })),
  config(
    'json test of a missing path',
    json({ op: 'test', path: '/data/z', value: '2' }),
    json({ op: 'test', path: '/data/z', value: null }),
    json({ op: 'test', path: '/x/y/z', value: null }),
  ),
  config(
    'json remove of what is missing',
    json({ op: 'remove', path: '/data/z' }),
    json({ op: 'remove', path: '/x/y' }),
  ),
  config(
    'json replace of what is missing',
    json({ op: 'replace', path: '/data/z', value: '1' }),
    json({ op: 'replace', path: '/x/y', value: '1' }),
  ),
  config('json add under a missing parent', json({ op: 'add', path: '/binaryData/z', value: 'YQ==' })),
  config(
    'json move and copy',
    json({ op: 'move', from: '/data/a', path: '/data/c' }, { op: 'copy', from: '/data/b', path: '/data/d' }),
    json({ op: 'copy', from: '/data/zz', path: '/data/e' }),
  ),
  config(
    'json of an unknown operation',
    json({ op: 'increase', path: '/data/a' }),
    json({ path: '/data/a' }),
    json({ op: 'add' }),
  ),
  config(
    'json that is no patch',
    { verb: 'json', manager: 'p', body: { op: 'add' } },
    json('x'),
    json({ op: 'add', path: 1 }),
    json({ op: 1, path: '/data/a' }),
    { verb: 'json', manager: 'p', body: 'x' },
  ),
  config(
    'json on metadata',
    json({ op: 'add', path: '/metadata/labels', value: { x: 'y' } }),
    json({ op: 'add', path: '/metadata/labels/a~1b', value: 'z' }),
    json({ op: 'replace', path: '/metadata/managedFields', value: [{}] }),
  ),
  config('json with nothing to do', json()),
  config(
    'json with too many operations',
    json(...Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' }))),
  ),
  widget(
    'json in lists',
    json({ op: 'add', path: '/spec/plain/-', value: { name: 'c' } }),
    json({ op: 'add', path: '/spec/plain/0', value: { name: 'z' } }),
    json({ op: 'remove', path: '/spec/plain/1' }),
    json({ op: 'replace', path: '/spec/plain/0/name', value: 'q' }),
    json({ op: 'remove', path: '/spec/plain/-1' }),
    json({ op: 'add', path: '/spec/plain/9', value: {} }),
    json({ op: 'add', path: '/spec/plain/x', value: {} }),
    json({ op: 'test', path: '/spec/plain/9', value: {} }),
  ),
  widget(
    'json test of structures',
    json(
      { op: 'test', path: '/spec/parts', value: { deep: { c: '1' }, a: '1' } },
      { op: 'replace', path: '/spec/size', value: 2 },
    ),
    json({ op: 'test', path: '/spec/size', value: 2.0 }),
  ),

  config('merge adds and removes', merge({ data: { a: null, c: '3' } })),
  config('merge with nothing', merge({})),
  config('merge that is no patch', merge('x'), merge([1]), merge(null), merge(1), merge(true)),
  config('merge removes all', merge({ data: null })),
  widget(
    'merge in depth',
    merge({ spec: { parts: { deep: { d: '2' } }, plain: [{ name: 'z' }], boxes: { x: { w: 1, h: null } } } }),
    merge({ spec: { parts: { deep: { c: null } } } }),
    merge({ spec: { parts: null } }),
  ),
  widget(
    'merge on metadata',
    merge({ metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }),
    merge({ metadata: { labels: null } }),
  ),
  widget(
    'merge of status',
    { ...merge({ status: { phase: 'X' } }), subresource: 'status' },
    { ...merge({ spec: { size: 5 } }), subresource: 'status' },
    merge({ status: { phase: 'Y' } }),
  ),

  widget('strategic of a custom resource', strategic({ spec: { size: 2 } })),
  config(
    'strategic of a map',
    strategic({ data: { a: null, c: '3' } }),
    strategic({ data: { $patch: 'replace', z: '1' } }),
    strategic({ data: { $patch: 'delete' } }),
  ),
  config('strategic of an unknown directive', strategic({ data: { $patch: 'sideways' } })),
  config('strategic that is no patch', strategic('x'), strategic([1]), strategic(1)),
  deployment(
    'strategic env by name',
    one({
      env: [
        { name: 'B', value: '9' },
        { name: 'D', value: '4' },
      ],
    }),
    one({ env: [{ name: 'A', $patch: 'delete' }] }),
    one({ env: [{ name: 'Z', value: '1' }, { $patch: 'replace' }] }),
  ),
  deployment(
    'strategic containers',
    pod({ containers: [container('two', defaulted)] }),
    pod({ containers: [{ name: 'one', $patch: 'delete' }] }),
    pod({ containers: [{ image: 'nameless' }] }),
  ),
  deployment('strategic atomic lists', one({ args: ['z'] }), one({ args: null })),
  deployment(
    'strategic order',
    one({ '$setElementOrder/env': [{ name: 'C' }, { name: 'A' }, { name: 'B' }] }),
    one({ '$setElementOrder/env': [{ name: 'D' }, { name: 'B' }], env: [{ name: 'D', value: '4' }] }),
    one({ '$setElementOrder/env': [{ name: 'B' }], env: [{ name: 'E', value: '4' }] }),
    one({ '$setElementOrder/env': 'x' }),
  ),
  deployment(
    'strategic retained keys',
    pod({ volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c', defaultMode: 420 } }] }),
    strategic({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }),
    strategic({ spec: { strategy: { $retainKeys: ['type'], rollingUpdate: {} } } }),
    strategic({ spec: { strategy: { $retainKeys: 'x' } } }),
  ),
  deployment(
    'strategic of labels',
    strategic({ metadata: { labels: { a: '1' } }, spec: { template: { metadata: { annotations: { x: 'y' } } } } }),
  ),
  deployment(
    'strategic replaces a list',
    pod({ volumes: [{ $patch: 'replace' }, { name: 'w', emptyDir: {} }] }),
    pod({ volumes: null }),
  ),
  deployment(
    'strategic node selector',
    pod({ nodeSelector: { a: 'b' } }),
    pod({ nodeSelector: { c: 'd' } }),
    pod({ nodeSelector: { $patch: 'replace', e: 'f' } }),
  ),
  deployment(
    'strategic directives in new values',
    pod({
      tolerations: [{ key: 'a' }, { $patch: 'delete', key: 'b' }],
      hostAliases: [{ ip: '1.1.1.1', hostnames: ['x'] }],
    }),
  ),
  deployment(
    'strategic unknown order field',
    strategic({ spec: { '$setElementOrder/nothing': [] } }),
    strategic({ spec: { $setElementOrder: [] } }),
  ),
  finalized(
    'strategic finalizers',
    strategic({ metadata: { finalizers: ['t/d', 't/b'] } }),
    strategic({ metadata: { '$deleteFromPrimitiveList/finalizers': ['t/a'] } }),
    strategic({ metadata: { '$setElementOrder/finalizers': ['t/c', 't/b'] } }),
    strategic({ metadata: { $deleteFromPrimitiveList: ['t/c'] } }),
  ),
]
