import { aCase, get, given, post, type Step, watch } from '../case.ts'
import { cm, duo, job, pod, secret, service, widget } from '../fixtures.ts'

const labelled = given(
  post('cm', cm('a', {}, { labels: { x: '1', y: 'b' } })),
  post('cm', cm('b', {}, { labels: { x: '2' } })),
  post('cm', cm('c', {}, { labels: { y: 'b', 'x.io/z': 'true' } })),
  post('cm', cm('d')),
)
/** Names alone: what is listed is what matters. */
const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
const byLabel = (...selectors: readonly string[]): readonly Step[] =>
  selectors.map((each) => get(`cm?includeObject=None&labelSelector=${encodeURIComponent(each)}`, { accept }))
const byField = (path: string, ...selectors: readonly string[]): readonly Step[] =>
  selectors.map((each) => get(`${path}?includeObject=None&fieldSelector=${encodeURIComponent(each)}`, { accept }))

const continued = given(...['a', 'b', 'c', 'd', 'e'].map((name) => post('cm', cm(name))))
const widgets = given(
  post('widgets', widget('a', { spec: { color: 'red', size: 1 } })),
  post('widgets', widget('b', { spec: { color: 'blue', size: 2 } })),
  post('widgets', widget('c', { spec: { color: 'red' } })),
)

/** As the server writes it. */
const tokenOf = (revision: number, after: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\0` })).toString('base64url')

export const selectingCases = [
  aCase('label selectors: equality', [labelled, byLabel('x=1', 'x==1', 'x!=1', 'x=', 'x=1,y=b', 'x=3')]),
  aCase('label selectors: sets', [
    labelled,
    byLabel('x in (1,2)', 'x notin (1)', 'x in (1)', 'x in (3)', 'x in ()', 'x notin ()', 'x in (,1)'),
  ]),
  aCase('label selectors: existence', [
    labelled,
    byLabel('x', '!x', 'x,y', 'x,!y', 'x.io/z', 'x.io/z=true', '!x.io/z'),
  ]),
  aCase('label selectors: order', [labelled, byLabel('x>1', 'x<2', 'x>0,x<3', 'x>a', 'x<')]),
  aCase('label selectors: white space', [labelled, byLabel(' x = 1 ', 'x  in  ( 1 , 2 )', '! x', 'x ,y', '')]),
  aCase('label selectors: keywords as keys and values', [
    labelled,
    byLabel('in', 'notin', 'in=1', 'x=in', 'x in (in)', 'in in (in)'),
  ]),
  aCase('label selectors: malformed', [
    byLabel(
      '=',
      '==',
      'x=1,',
      ',x',
      'x in',
      'x in (',
      'x in (1',
      'x in 1',
      'x in (1 2)',
      'x===1',
      'x=1=2',
      '!x=1',
      'x y',
      '(x)',
      'x!',
    ),
  ]),
  aCase('label selectors: keys that are none', [byLabel('a b', '-x', 'x/', '/x', 'a/b/c', 'X_/y', 'x'.repeat(64))]),
  aCase('label selectors: values that are none', [
    byLabel('x=a_', 'x=-', 'x in (a,b_)', `x=${'v'.repeat(64)}`, 'x!=-a'),
  ]),
  aCase('label selectors of custom objects', [
    given(post('widgets', widget('a', {}, { labels: { x: '1' } })), post('widgets', widget('b'))),
    get('widgets?labelSelector=x%3D1'),
    get('widgets?labelSelector=!x'),
    get('widgets?labelSelector=%3D%3D'),
  ]),
  aCase('field selectors of a ConfigMap', [
    labelled,
    byField(
      'cm',
      'metadata.name=a',
      'metadata.name==a',
      'metadata.name!=a',
      'metadata.namespace=$ns',
      'metadata.namespace=other',
      'metadata.name=a,metadata.name=b',
      '',
      ',',
    ),
  ]),
  aCase('field selectors that are not supported', [
    byField('cm', 'data.k=v', 'metadata.uid=x', 'metadata.labels.a=b'),
    byField('widgets', 'spec.limit=1', 'metadata.uid=x', 'status.phase=x'),
    byField('jobs', 'status.active=1', 'spec.parallelism=1'),
    byField('pods', 'spec.foo=x', 'metadata.uid=x'),
    byField('plains', 'spec.a=x'),
    byField('duos', 'x=y'),
    byField('secrets', 'x=y'),
    byField('svc', 'x=y'),
    byField('ns', 'x=y'),
    byField('sa', 'x=y'),
    byField('deploy', 'x=y'),
    byField('events', 'x=y'),
    byField('leases', 'x=y'),
    byField('crds', 'x=y'),
    byField('planets', 'x=y'),
  ]),
  aCase('field selectors that are malformed', [
    byField(
      'cm',
      'metadata.name',
      'metadata.name>a',
      '=a',
      'metadata.name=a=b',
      'metadata.name=a\\',
      'metadata.name=a\\,b',
    ),
  ]),
  aCase('selectable fields of a custom kind', [
    widgets,
    byField(
      'widgets',
      'spec.color=red',
      'spec.color!=red',
      'spec.size=2',
      'spec.size=',
      'spec.color=red,metadata.name=c',
    ),
  ]),
  aCase('a name in a field selector of a cluster-wide kind', [
    get('ns?fieldSelector=metadata.name%3D$ns'),
    get('ns?fieldSelector=metadata.name%3D$ns,metadata.namespace%3Dx'),
  ]),
  aCase('field selectors of Pods', [
    given(post('pods', pod('a', { nodeName: 'n' })), post('pods', pod('b'))),
    byField(
      'pods',
      'spec.nodeName=n',
      'spec.nodeName=',
      'status.phase=Pending',
      'status.phase!=Pending',
      'spec.restartPolicy=Always',
      'spec.serviceAccountName=default',
      'spec.hostNetwork=false',
    ),
  ]),
  aCase('field selectors of other kinds', [
    given(post('secrets', secret('a')), post('jobs', job('a')), post('svc', service('a', { clusterIP: 'None' }))),
    byField('secrets', 'type=Opaque', 'type=x'),
    byField('jobs', 'status.successful=0', 'status.successful=1'),
    byField('svc', 'spec.clusterIP=None', 'spec.type=ClusterIP'),
    byField('ns', 'status.phase=Active,metadata.name=$ns'),
  ]),
  aCase('a list', [labelled, get('cm'), get('widgets'), get('jobs')]),
  aCase('a list of custom objects', [widgets, get('widgets')]),
  aCase('a list is sorted by name', [
    given(post('cm', cm('b')), post('cm', cm('a')), post('cm', cm('a-b')), post('cm', cm('a.b')), post('cm', cm('a0'))),
    get('cm?includeObject=None', { accept }),
  ]),
  aCase('pages', [
    continued,
    get('cm?limit=2'),
    get('cm?limit=2&continue=$5.metadata.continue'),
    get('cm?limit=2&continue=$6.metadata.continue'),
    get('cm?limit=5'),
    get('cm?limit=100'),
    get('cm?limit=0'),
  ]),
  aCase('pages of custom objects', [
    widgets,
    get('widgets?limit=2'),
    get('widgets?limit=2&continue=$3.metadata.continue'),
    get('widgets?limit=3'),
  ]),
  aCase('a page continued sees the state of its begin', [
    continued,
    get('cm?limit=2'),
    given(post('cm', cm('c0')), { call: 'DELETE cm/d' }),
    get('cm?limit=10&continue=$5.metadata.continue'),
  ]),
  aCase('a page continued without a limit', [continued, get('cm?limit=2'), get('cm?continue=$5.metadata.continue')]),
  aCase('pages of selected objects have no count', [
    labelled,
    get('cm?limit=1&labelSelector=y'),
    get('cm?limit=1&labelSelector=y&continue=$4.metadata.continue'),
    get('cm?limit=1&fieldSelector=metadata.name!%3Da'),
  ]),
  aCase('a limit that is none', [
    get('cm?limit=x'),
    get('cm?limit=-1'),
    get('cm?limit=1.5'),
    get('cm?limit=99999999999999999999'),
  ]),
  aCase('a continue token that is none', [
    get('cm?continue=x'),
    get('cm?continue=%25'),
    get('cm?continue=e30'),
    get('cm?limit=1&continue=eyJ2IjoidjEifQ'),
    get('widgets?continue=x'),
  ]),
  aCase('a continue token with other options', [
    continued,
    get('cm?limit=2'),
    get('cm?limit=2&resourceVersion=$0.metadata.resourceVersion&continue=$5.metadata.continue'),
    get('cm?limit=2&resourceVersion=0&continue=$5.metadata.continue'),
    get('cm?limit=2&resourceVersionMatch=Exact&resourceVersion=1&continue=$5.metadata.continue'),
    get('cm?limit=2&resourceVersionMatch=NotOlderThan&continue=$5.metadata.continue'),
  ]),
  aCase('a list at a version', [
    continued,
    get('cm'), // after which the real server's memory has all of them
    get('cm?resourceVersion=$1.metadata.resourceVersion&resourceVersionMatch=Exact'),
    get('cm?resourceVersion=$1.metadata.resourceVersion&resourceVersionMatch=NotOlderThan'),
    get('cm?resourceVersion=$1.metadata.resourceVersion'),
    get('cm?resourceVersion=0'),
    get('cm?resourceVersion=$1.metadata.resourceVersion&limit=1'),
    get('cm?resourceVersion=0&limit=1'),
    get('cm?resourceVersion=$1.metadata.resourceVersion&limit=1&resourceVersionMatch=NotOlderThan'),
  ]),
  aCase('a list at a version of custom objects', [
    widgets,
    get('widgets'),
    get('widgets?resourceVersion=$1.metadata.resourceVersion&resourceVersionMatch=Exact'),
    get('widgets?resourceVersion=0&limit=1'),
  ]),
  aCase('resourceVersionMatch that is none', [
    get('cm?resourceVersionMatch=Exact'),
    get('cm?resourceVersionMatch=NotOlderThan'),
    get('cm?resourceVersion=0&resourceVersionMatch=Exact'),
    get('cm?resourceVersion=1&resourceVersionMatch=Never'),
    get('cm?resourceVersion=0&resourceVersionMatch=exact'),
    get('cm?resourceVersionMatch=Exact&resourceVersion=x'),
  ]),
  aCase('versions that are none', [
    get('cm?resourceVersion=x'),
    get('cm?resourceVersion=-1'),
    get('cm?resourceVersion=1.5'),
    get('widgets?resourceVersion=x'),
  ]),
  aCase('a list at a future version', [
    get('cm?resourceVersion=99999999999'),
    get('widgets?resourceVersion=99999999999'),
  ]),
  aCase('an object at a future version', [given(post('cm', cm('a'))), get('cm/a?resourceVersion=99999999999')]),
  aCase('a list at a future version, exactly', [get('cm?resourceVersion=99999999999&resourceVersionMatch=Exact')]),
  aCase('sendInitialEvents of a list', [get('cm?sendInitialEvents=true'), get('cm?sendInitialEvents=false')]),
  aCase('a list with metadata alone', [
    labelled,
    get('cm?labelSelector=x', { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }),
    get('cm/a', { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' }),
    get('cm/none', { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' }),
  ]),
  aCase('an expired continue token goes on with what is there now', [
    continued,
    { ...get(`cm?limit=2&continue=${tokenOf(1, 'b')}`), compact: true },
    get('cm?limit=2&continue=$5.metadata.continue'),
    get('cm?resourceVersion=1&resourceVersionMatch=Exact'),
    get('cm?resourceVersion=1'),
  ]),
  aCase('a kind with two versions lists in both', [
    given(post('duos', duo('a'))),
    get('duos'),
    get('duos2'),
    watch('duos2'),
  ]),
]
