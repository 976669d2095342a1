import { aCase, apply, del, get, given, json, merge, post, put, watch } from '../case.ts'
import { cm, deployment, job, plain, pod, service, widget } from '../fixtures.ts'

const w = given(post('widgets', widget('a', { spec: { size: 1 }, status: { phase: 'Ignored' } })))

export const statusCases = [
  aCase(
    'a created object has no status',
    [post('widgets', widget('a', { status: { phase: 'X' } })), get('widgets/a')],
    'controller-runtime #2230: writes of the object write its status',
  ),
  aCase(
    'a status in PUT is ignored',
    [w, put('widgets/a', { $from: 0, spec: { size: 2 }, status: { phase: 'X' } })],
    'controller-runtime #2230: writes of the object write its status',
  ),
  aCase(
    'a status in PATCH is ignored',
    [w, merge('widgets/a', { status: { phase: 'X' } }), get('widgets/a')],
    'fabric8 PR #3156: no status subresource',
  ),
  aCase('a status in JSON patch is ignored', [
    w,
    json('widgets/a', [{ op: 'add', path: '/status', value: { phase: 'X' } }]),
  ]),
  aCase('a status in apply is ignored', [
    apply('widgets/a?fieldManager=m', widget('a', { spec: { size: 1 }, status: { phase: 'X' } })),
  ]),
  aCase(
    'PUT of the status writes the status alone',
    [
      w,
      put('widgets/a/status', {
        $from: 0,
        spec: { size: 9 },
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
        status: { phase: 'X' },
      }),
      get('widgets/a'),
    ],
    'client-go #136672: writes of the status write the rest',
  ),
  aCase('PATCH of the status writes the status alone', [
    w,
    merge('widgets/a/status', { spec: { size: 9 }, metadata: { labels: { a: 'b' } }, status: { phase: 'X' } }),
  ]),
  aCase(
    'apply of the status writes the status alone',
    [
      w,
      apply('widgets/a/status?fieldManager=m', widget('a', { spec: { size: 9 }, status: { phase: 'X' } })),
      get('widgets/a'),
    ],
    'client-go #136672: ApplyStatus writes the spec',
  ),
  aCase(
    'PUT of the status with an old version conflicts',
    [
      w,
      given(merge('widgets/a', { spec: { size: 2 } })),
      put('widgets/a/status', { $from: 0, status: { phase: 'X' } }),
      get('widgets/a'),
    ],
    'controller-runtime #2362: status updates ignore conflicts',
  ),
  aCase('PUT of the status without a version', [w, put('widgets/a/status', widget('a', { status: { phase: 'X' } }))]),
  aCase(
    'PATCH of the status with an old version conflicts',
    [
      w,
      given(merge('widgets/a', { spec: { size: 2 } })),
      merge('widgets/a/status', {
        metadata: { resourceVersion: '$0.metadata.resourceVersion' },
        status: { phase: 'X' },
      }),
    ],
    'controller-runtime #2362: status updates ignore conflicts',
  ),
  aCase(
    'the generation counts changes of the spec',
    [
      post('widgets', widget('a', { spec: { size: 1 } })),
      merge('widgets/a', { spec: { size: 2 } }),
      merge('widgets/a', { metadata: { labels: { a: 'b' } } }),
      merge('widgets/a/status', { status: { phase: 'X' } }),
      merge('widgets/a', { spec: { size: 2 } }),
      merge('widgets/a', { spec: { words: { a: 'b' } } }),
    ],
    'controller-runtime: the generation is unreliable',
  ),
  aCase('the generation of a kind without status subresource counts status changes', [
    post('plains', plain('a', { spec: { a: 'x' }, status: { phase: 'X' } })),
    merge('plains/a', { status: { phase: 'Y' } }),
    merge('plains/a', { metadata: { annotations: { a: 'b' } } }),
    merge('plains/a', { spec: { b: 1 } }),
  ]),
  aCase('the generation of a Job', [
    post('jobs', job('a', { parallelism: 1 })),
    merge('jobs/a', { spec: { parallelism: 2 } }),
    merge('jobs/a', { metadata: { labels: { a: 'b' } } }),
    merge('jobs/a/status', { status: { active: 1 } }),
  ]),
  aCase('the generation of a Deployment', [
    post('deploy', deployment('a')),
    merge('deploy/a', { spec: { replicas: 2 } }),
    merge('deploy/a', { metadata: { labels: { a: 'b' } } }),
    merge('deploy/a/status', { status: { replicas: 1 } }),
  ]),
  aCase('a Service has no generation', [post('svc', service('a')), merge('svc/a', { spec: { selector: { a: 'b' } } })]),
  aCase('status of a Job', [
    given(post('jobs', job('a'))),
    merge('jobs/a/status', {
      status: { active: 1, startTime: '2026-01-01T00:00:00Z', ready: 0, uncountedTerminatedPods: {} },
    }),
    merge('jobs/a', { status: { active: 5 } }),
    merge('jobs/a/status', { spec: { parallelism: 7 } }),
    merge('jobs/a/status', { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }),
  ]),
  aCase('status of a Job that is none', [
    given(post('jobs', job('a'))),
    merge('jobs/a/status', { status: { active: -1 } }),
    merge('jobs/a/status', { status: { conditions: [{ type: 'Complete', status: 'True' }] } }),
    merge('jobs/a/status', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }),
    merge('jobs/a/status', { status: { completionTime: '2026-01-01T00:00:00Z' } }),
  ]),
  aCase('status of a Pod', [
    given(post('pods', pod('a'))),
    merge('pods/a/status', { status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] } }),
    merge('pods/a', { status: { phase: 'Failed' } }),
    merge('pods/a/status', { spec: { nodeName: 'x' } }),
    get('pods/a/status'),
  ]),
  aCase('status of a Service', [
    given(post('svc', service('a'))),
    merge('svc/a', { status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } }),
    merge('svc/a/status', { status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } }),
  ]),
  aCase('a status that the schema refuses', [
    w,
    merge('widgets/a/status', { status: { count: 11 } }),
    merge('widgets/a/status', { status: { phase: 1 } }),
    merge('widgets/a/status', { status: { phase: 'X', unknown: 1 } }),
    merge('widgets/a/status', { status: null }),
  ]),
  aCase('a write of the status that changes nothing', [
    w,
    given(merge('widgets/a/status', { status: { phase: 'X' } })),
    watch('widgets?resourceVersion=$1.metadata.resourceVersion'),
    merge('widgets/a/status', { status: { phase: 'X' } }),
    put('widgets/a/status', { $from: 1 }),
    merge('widgets/a/status', { metadata: { labels: { a: 'b' } } }),
    get('widgets/a'),
  ]),
  aCase('a watch sees writes of the status', [
    w,
    watch('widgets?resourceVersion=$0.metadata.resourceVersion'),
    merge('widgets/a/status', { status: { phase: 'X' } }),
    merge('widgets/a', { spec: { size: 2 } }),
  ]),
  aCase('methods of the status subresource', [
    w,
    get('widgets/a/status'),
    post('widgets/a/status', { $from: 0 }),
    del('widgets/a/status'),
    merge('widgets/b/status', {}),
    put('widgets/b/status', { $from: 0 }),
    put('widgets/a/status', { $from: 0, metadata: { name: 'b' } }),
  ]),
  aCase('the status of a terminating object is written', [
    given(post('widgets', widget('a', {}, { finalizers: ['x.io/f'] })), del('widgets/a')),
    merge('widgets/a/status', { status: { phase: 'X' } }),
    get('widgets/a'),
  ]),
  aCase('PUT of the status cannot remove finalizers', [
    given(post('widgets', widget('a', {}, { finalizers: ['x.io/f'] })), del('widgets/a')),
    merge('widgets/a/status', { metadata: { finalizers: null }, status: { phase: 'X' } }),
    get('widgets/a'),
  ]),
  aCase('the status of a Job cannot remove its finalizers, or can it', [
    given(post('jobs', job('a', {}, { finalizers: ['x.io/f'] })), del('jobs/a', { propagationPolicy: 'Background' })),
    merge('jobs/a/status', { metadata: { finalizers: null } }),
    get('jobs/a'),
  ]),
  aCase('a ConfigMap has no status', [
    given(post('cm', cm('a'))),
    put('cm/a/status', cm('a')),
    merge('cm/a/status', {}),
  ]),
  aCase('the status of a Namespace', [merge('ns/$ns/status', { status: { phase: 'Terminating' } }), get('ns/$ns')]),
]
