import { aCase, del, get, given, merge, post, put, watch } from '../case.ts'
import { cm, duo, job, planet, pod, service, widget } from '../fixtures.ts'

const a = given(post('cm', cm('a', { data: { k: '1' } }, { labels: { x: '1' } })))
const changes = given(post('cm', cm('b', {}, { labels: { x: '1' } })), merge('cm/a', { data: { k: '2' } }), del('cm/b'))
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1'
const partial = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

export const watchingCases = [
  aCase(
    'a watch from a version',
    [a, watch('cm?resourceVersion=$0.metadata.resourceVersion'), changes],
    'client-go #95372: events between list and watch are lost',
  ),
  aCase(
    'a watch from an earlier version replays',
    [a, changes, watch('cm?resourceVersion=$0.metadata.resourceVersion')],
    'client-go #54075: no events of the past',
  ),
  aCase(
    'a watch from the version of a list',
    [a, given(get('cm')), given(post('cm', cm('b'))), watch('cm?resourceVersion=$1.metadata.resourceVersion')],
    'client-go PR #135959: events between list and watch are lost',
  ),
  aCase('a watch from 0', [a, watch('cm?resourceVersion=0'), changes]),
  aCase('a watch from no version', [a, watch('cm'), changes], 'fabric8 #1456: no watch'),
  aCase('a watch of nothing from no version', [watch('cm'), a, changes]),
  aCase(
    'more than a hundred events wait for their reader',
    [
      a,
      watch('cm?resourceVersion=$0.metadata.resourceVersion&labelSelector=x'),
      given(...Array.from({ length: 120 }, (_, n) => merge('cm/a', { data: { k: `n${n}` } }))),
    ],
    'client-go #116700: panics with more than 100 pending events',
  ),
  aCase('a watch of custom objects from no version', [
    given(post('widgets', widget('a'))),
    watch('widgets'),
    given(merge('widgets/a', { spec: { size: 1 } })),
  ]),
  aCase('a watch of cluster-wide objects', [
    given(post('planets', planet('$ns', {}, { labels: { in: '$ns' } }))),
    watch('planets?labelSelector=in%3D$ns'),
    given(merge('planets/$ns', { spec: { mass: 2 } }), del('planets/$ns')),
  ]),
  aCase('a watch in another version of the kind', [
    given(post('duos', duo('a'))),
    watch('duos2'),
    given(merge('duos/a', { spec: { a: 'x' } }), del('duos/a')),
  ]),
  aCase('a watch of one object', [
    a,
    watch('cm?fieldSelector=metadata.name%3Da&resourceVersion=$0.metadata.resourceVersion'),
    changes,
    given(del('cm/a')),
  ]),
  aCase('a watch of one object by its path', [a, watch('/api/v1/watch/namespaces/$ns/configmaps/a'), changes]),
  aCase('a watch by the old path', [
    a,
    watch('/api/v1/watch/namespaces/$ns/configmaps?resourceVersion=$0.metadata.resourceVersion'),
    changes,
  ]),
  aCase('a watch of a named object with watch=true', [a, get('cm/a?watch=true')]),
  aCase('selector transitions', [
    a,
    watch('cm?labelSelector=x%3D1&resourceVersion=$0.metadata.resourceVersion'),
    given(
      merge('cm/a', { data: { k: '2' } }),
      merge('cm/a', { metadata: { labels: { x: '2' } }, data: { k: '3' } }),
      merge('cm/a', { data: { k: '4' } }),
      merge('cm/a', { metadata: { labels: { x: '1' } } }),
      del('cm/a'),
    ),
  ]),
  aCase('selector transitions by field', [
    given(post('widgets', widget('a', { spec: { color: 'red' } }))),
    watch('widgets?fieldSelector=spec.color%3Dred&resourceVersion=$0.metadata.resourceVersion'),
    given(
      merge('widgets/a', { spec: { color: 'blue' } }),
      merge('widgets/a', { spec: { size: 1 } }),
      merge('widgets/a', { spec: { color: 'red' } }),
      del('widgets/a'),
    ),
  ]),
  aCase('an object that is made and leaves before the watch', [
    a,
    given(merge('cm/a', { metadata: { labels: { x: null } } })),
    watch('cm?labelSelector=x&resourceVersion=$0.metadata.resourceVersion'),
    watch('cm?labelSelector=x'),
  ]),
  aCase('deletion of an object outside of the selector', [
    a,
    watch('cm?labelSelector=x%3D2&resourceVersion=$0.metadata.resourceVersion'),
    given(del('cm/a')),
  ]),
  aCase('deletion of a Pod on a node by a selector of its phase', [
    given(post('pods', pod('a', { nodeName: 'n' }))),
    watch('pods?fieldSelector=status.phase%3DPending&resourceVersion=$0.metadata.resourceVersion'),
    given(merge('pods/a/status', { status: { phase: 'Running' } }), del('pods/a', { gracePeriodSeconds: 0 })),
  ]),
  aCase('initial events and their bookmark', [
    a,
    watch('cm?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    given(merge('cm/a', { data: { k: '2' } })),
  ]),
  aCase('initial events of custom objects', [
    given(post('widgets', widget('a'))),
    watch('widgets?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
  ]),
  aCase('initial events of Pods and Jobs', [
    watch('pods?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    watch('jobs?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    watch('svc?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    watch('deploy?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    watch('secrets?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    watch('roles?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
    watch('leases?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'),
  ]),
  aCase('initial events without bookmarks', [
    a,
    watch('cm?sendInitialEvents=true&resourceVersionMatch=NotOlderThan'),
    changes,
  ]),
  aCase('initial events refused', [
    a,
    watch('cm?sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=$0.metadata.resourceVersion'),
    changes,
  ]),
  aCase('initial events without a match', [
    watch('cm?sendInitialEvents=true'),
    watch('cm?sendInitialEvents=false'),
    watch('cm?sendInitialEvents=true&resourceVersionMatch=Exact'),
    watch('cm?sendInitialEvents=x&resourceVersionMatch=NotOlderThan'),
  ]),
  aCase('a match without initial events', [
    watch('cm?resourceVersionMatch=NotOlderThan'),
    watch('cm?resourceVersionMatch=NotOlderThan&resourceVersion=0'),
  ]),
  aCase('initial events from a version', [
    a,
    watch(
      'cm?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=$0.metadata.resourceVersion',
    ),
    watch('cm?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=0'),
    changes,
  ]),
  aCase('bookmarks asked for without initial events', [
    a,
    watch('cm?allowWatchBookmarks=true'),
    watch('cm?allowWatchBookmarks=true&resourceVersion=0'),
    watch('cm?allowWatchBookmarks=true&resourceVersion=$0.metadata.resourceVersion'),
    changes,
  ]),
  aCase('a watch from a version that is none', [
    watch('cm?resourceVersion=x'),
    watch('cm?resourceVersion=-1'),
    watch('widgets?resourceVersion=x'),
  ]),
  aCase('a watch of custom objects from a version long forgotten', [
    given(post('widgets', widget('a'))),
    watch('widgets?resourceVersion=1'),
  ]),
  aCase('a watch from the future is silent', [a, watch('cm?resourceVersion=99999999999'), changes]),
  aCase('a watch with malformed selectors', [
    watch('cm?labelSelector=%3D%3D'),
    watch('cm?fieldSelector=x%3Dy'),
    watch('widgets?fieldSelector=x%3Dy'),
  ]),
  aCase('a watch that is told its time', [a, watch('cm?timeoutSeconds=1'), { ...get('cm/a'), wait: 1.3 }]),
  // Not -1: the real server either ends such a watch at once or sends "context deadline exceeded" first, by chance.
  aCase('a watch whose time is none', [watch('cm?timeoutSeconds=x'), watch('cm?timeoutSeconds=1.5')]),
  aCase('a watch of a Table', [a, watch('cm?resourceVersion=0', { accept: table }), changes]),
  aCase('a watch of a Table of custom objects', [
    given(post('widgets', widget('a', { spec: { size: 1 } }))),
    watch('widgets', { accept: table }),
    watch('widgets?includeObject=Object', { accept: table }),
    watch('widgets?includeObject=None', { accept: table }),
    given(merge('widgets/a', { spec: { size: 2 } }), del('widgets/a')),
  ]),
  aCase('a watch of metadata alone', [a, watch('cm', { accept: partial }), changes]),
  aCase('a watch of a Table with bookmark', [
    a,
    watch('cm?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true', { accept: table }),
  ]),
  aCase('a watch of metadata with bookmark', [
    a,
    watch('cm?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true', { accept: partial }),
  ]),
  aCase('a watch of a Table tells an old version', [
    given(post('widgets', widget('a'))),
    watch('widgets?resourceVersion=1', { accept: table }),
  ]),
  aCase('watch=1 and watch=false', [
    a,
    watch('cm?watch=1&resourceVersion=0'),
    get('cm?watch=false'),
    get('cm?watch=0'),
  ]),
  aCase('watch=x', [a, watch('cm?watch=x'), watch('cm?watch=')]),
  aCase('several watches hear the same', [
    a,
    watch('cm?resourceVersion=$0.metadata.resourceVersion'),
    watch('cm?resourceVersion=0'),
    watch('cm?labelSelector=x'),
    watch('cm?labelSelector=!x'),
    changes,
  ]),
  aCase('a watch of all namespaces sees this one', [
    given(post('cm', cm('a', {}, { labels: { in: '$ns' } }))),
    watch('/api/v1/configmaps?labelSelector=in%3D$ns'),
    given(merge('cm/a', { data: { k: 'v' } }), del('cm/a')),
  ]),
  aCase('a watch of all namespaces by the field of one', [
    given(post('cm', cm('a'))),
    watch('/api/v1/configmaps?fieldSelector=metadata.namespace%3D$ns'),
    given(merge('cm/a', { data: { k: 'v' } })),
  ]),
  aCase('a Service and a Job are watched', [
    watch('svc'),
    watch('jobs'),
    given(
      post('svc', service('a')),
      post('jobs', job('a')),
      del('svc/a'),
      del('jobs/a', { propagationPolicy: 'Background' }),
    ),
  ]),
  aCase('a refused write tells nobody', [
    a,
    watch('cm?resourceVersion=$0.metadata.resourceVersion'),
    given(
      put('cm/a', { $from: 0, metadata: { resourceVersion: '1' } }),
      merge('cm/a', { data: { k: 1 } }),
      post('cm', cm('a')),
      del('cm/a', { preconditions: { uid: 'x' } }),
    ),
  ]),
  aCase('a watch of what nobody may see', [watch('cm', { as: 'nobody' }), watch('widgets', { as: 'nobody' })]),
]
