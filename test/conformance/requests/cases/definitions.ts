import { aCase, del, get, given, json, merge, post, put, type Step, watch } from '../case.ts'
import { cm, crd } from '../fixtures.ts'

const group = '$ns.test'
const string = { type: 'string' }
const integer = { type: 'integer' }
const schema = (spec: object, rest: object = {}) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: spec, ...rest } },
})
const gadgets = (versions: Parameters<typeof crd>[1], spec: object = {}) => crd('Gadget', versions, { ...spec }, group)
const gadget = (name: string, fields: object = {}, metadata: object = {}, version = 'v1') => ({
  apiVersion: `${group}/${version}`,
  kind: 'Gadget',
  metadata: { name, ...metadata },
  ...fields,
})
const at = `/apis/${group}/v1/namespaces/$ns/gadgets`
const at2 = `/apis/${group}/v2/namespaces/$ns/gadgets`
const definition = `crds/gadgets.${group}`
/** A real server serves a new or changed definition some time after its write. */
const later = (step: Step, seconds = 3.5): Step => ({ ...step, wait: seconds })
const simple = gadgets([{ schema: schema({ a: string, b: integer }) }])

export const definitionCases = [
  aCase('a definition is created with its defaults', [
    post('crds', simple),
    later(get(definition)),
    post('crds', simple),
  ]),
  aCase('a definition is established and serves', [
    get(at),
    given(post('crds', simple)),
    later(get(at)),
    post(at, gadget('a', { spec: { a: 'x' } })),
    get(`${at}/a`),
    get(`/apis/${group}`),
    get(`/apis/${group}/v1`),
  ]),
  aCase('a definition is deleted with its objects', [
    given(post('crds', simple), later(get(at)), post(at, gadget('a')), post(at, gadget('b'))),
    watch(at),
    del(definition),
    later(get(definition), 2),
    get(at),
  ]),
  aCase('a definition waits for the finalizers of its objects', [
    given(post('crds', simple), later(get(at)), post(at, gadget('a', {}, { finalizers: ['x.io/f'] }))),
    del(definition),
    later(get(`${at}/a`), 2),
    post(at, gadget('b')),
    post('crds', simple),
    get(definition),
    merge(`${at}/a`, { metadata: { finalizers: null } }),
    later(get(definition), 7),
  ]),
  aCase('a definition with a finalizer of its own', [
    given(post('crds', { ...simple, metadata: { name: `gadgets.${group}`, finalizers: ['x.io/f'] } }), later(get(at))),
    del(definition),
    later(get(definition), 2),
    merge(definition, { metadata: { finalizers: null } }),
    get(definition),
  ]),
  aCase('a schema that grows stricter lets old faults be', [
    given(
      post('crds', gadgets([{ schema: schema({ a: string, b: integer }) }])),
      later(get(at)),
      post(at, gadget('a', { spec: { a: 'long', b: 1 } })),
      json(definition, [
        {
          op: 'replace',
          path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a',
          value: { type: 'string', maxLength: 2 },
        },
      ]),
    ),
    later(merge(`${at}/a`, { spec: { b: 2 } })),
    merge(`${at}/a`, { spec: { a: 'longer' } }),
    post(at, gadget('b', { spec: { a: 'long' } })),
    merge(`${at}/a`, { spec: { a: 'x' } }),
  ]),
  aCase('a schema that loses a field prunes it on reading', [
    given(
      post('crds', simple),
      later(get(at)),
      post(at, gadget('a', { spec: { a: 'x', b: 1 } })),
      json(definition, [
        { op: 'remove', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/b' },
      ]),
    ),
    later(get(`${at}/a`)),
    get(at),
    watch(at),
    merge(`${at}/a`, { metadata: { labels: { a: 'b' } } }),
  ]),
  aCase('a schema that gains a default shows it on reading', [
    given(
      post('crds', simple),
      later(get(at)),
      post(at, gadget('a', { spec: { a: 'x' } })),
      json(definition, [
        { op: 'add', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/b/default', value: 7 },
      ]),
    ),
    later(get(`${at}/a`)),
    get(at),
    merge(`${at}/a`, { metadata: { labels: { a: 'b' } } }),
  ]),
  aCase('a version that is not served', [
    given(
      post('crds', gadgets([{ schema: schema({ a: string }) }, { name: 'v2', schema: schema({ a: string }) }])),
      later(get(at2)),
      post(at, gadget('a')),
      json(definition, [{ op: 'replace', path: '/spec/versions/1/served', value: false }]),
    ),
    later(get(at2)),
    get(`${at2}/a`),
    get(`${at}/a`),
    get(`/apis/${group}`),
    get(definition),
  ]),
  aCase('another version is stored', [
    given(
      post('crds', gadgets([{ schema: schema({ a: string }) }, { name: 'v2', schema: schema({ a: string }) }])),
      later(get(at2)),
      post(at, gadget('a', { spec: { a: 'x' } })),
      json(definition, [
        { op: 'replace', path: '/spec/versions/0/storage', value: false },
        { op: 'replace', path: '/spec/versions/1/storage', value: true },
      ]),
    ),
    later(get(definition)),
    get(`${at}/a`),
    merge(`${at2}/a`, { spec: { a: 'y' } }),
    get(`${at}/a`),
    json(definition, [{ op: 'remove', path: '/spec/versions/0' }]),
  ]),
  aCase('definitions that are none', [
    post('crds', { ...simple, metadata: { name: 'other' } }),
    post('crds', gadgets([{ schema: { type: 'string' } }])),
    post('crds', gadgets([{ schema: schema({ a: { type: 'text' } }) }])),
    post('crds', gadgets([{ schema: schema({ a: {} }) }])),
    post('crds', gadgets([{ schema: undefined }])),
    post('crds', gadgets([])),
    post('crds', gadgets([{ schema: schema({}) }], { scope: 'World' })),
    post('crds', gadgets([{ schema: schema({}) }, { schema: schema({}) }])),
    post('crds', gadgets([{ schema: schema({}), storage: false }])),
    post('crds', gadgets([{ schema: schema({}), selectableFields: [{ jsonPath: '.spec.none' }] }])),
    post(
      'crds',
      gadgets([{ schema: schema({}), additionalPrinterColumns: [{ name: 'x', type: 'nope', jsonPath: '.a' }] }]),
    ),
    post(
      'crds',
      gadgets([
        { schema: schema({}), subresources: { scale: { specReplicasPath: 'x', statusReplicasPath: '.status.x' } } },
      ]),
    ),
    post('crds', gadgets([{ name: 'V1', schema: schema({}) }])),
    post('crds', {}),
  ]),
  aCase('fields of a definition that do not change', [
    given(post('crds', simple), later(get(at))),
    merge(definition, { spec: { scope: 'Cluster' } }),
    merge(definition, { spec: { names: { kind: 'Other' } } }),
    merge(definition, { spec: { group: 'other.test' } }),
    merge(definition, { spec: { names: { plural: 'others' } } }),
    merge(definition, { spec: { names: { shortNames: ['gd'] } } }),
  ]),
  aCase('the status of a definition', [
    given(post('crds', simple), later(get(definition))),
    merge(definition, { status: { conditions: [] } }),
    put(definition, { $from: 1, spec: { preserveUnknownFields: true } }),
  ]),
  aCase('a subresource that is taken away', [
    given(
      post('crds', gadgets([{ schema: schema({ a: string }), subresources: { status: {} } }])),
      later(get(at)),
      post(at, gadget('a')),
      get(`${at}/a/status`),
      json(definition, [{ op: 'remove', path: '/spec/versions/0/subresources' }]),
    ),
    later(get(`${at}/a/status`)),
    get(`${at}/a`),
  ]),
  aCase('a definition of a group of Kubernetes', [
    post('crds', crd('Gadget', [{ schema: schema({}) }], {}, '$ns.k8s.io')),
  ]),
  aCase('two definitions of one kind', [
    given(post('crds', simple), later(get(at))),
    post('crds', {
      ...simple,
      metadata: { name: `things.${group}` },
      spec: { ...simple.spec, names: { plural: 'things', kind: 'Gadget', singular: 'thing', listKind: 'ThingList' } },
    }),
    later(get(`crds/things.${group}`), 1),
    get(`/apis/${group}/v1/namespaces/$ns/things`),
  ]),
  aCase('a dry run of a definition', [post('crds?dryRun=All', simple), later(get(definition), 1)]),
  aCase('a watch hears of a change of the definition', [
    given(post('crds', simple), later(get(at)), post(at, gadget('a'))),
    watch(at),
    given(json(definition, [{ op: 'add', path: '/spec/versions/0/subresources', value: { status: {} } }])),
    later(get(`${at}/a`)),
  ]),
  aCase('an object of a kind with rules of transition', [
    given(
      post(
        'crds',
        gadgets([
          { schema: schema({ a: { ...string, 'x-kubernetes-validations': [{ rule: 'self.startsWith(oldSelf)' }] } }) },
        ]),
      ),
      later(get(at)),
    ),
    post(at, gadget('a', { spec: { a: 'x' } })),
    merge(`${at}/a`, { spec: { a: 'xy' } }),
    merge(`${at}/a`, { spec: { a: 'y' } }),
  ]),
  aCase('an Event of a custom object', [
    post('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'a', namespace: '$ns' },
      involvedObject: { kind: 'Gadget', namespace: '$ns', name: 'x', apiVersion: `${group}/v1` },
      reason: 'Why',
      message: 'because',
      type: 'Normal',
      count: 1,
    }),
    merge('events/a', { count: 2 }),
    get('events?fieldSelector=reason%3DWhy'),
    get('events?fieldSelector=involvedObject.name%3Dx,involvedObject.kind%3DGadget'),
  ]),
  aCase('Events that are none', [
    post('events', { metadata: { name: 'a' }, involvedObject: { namespace: 'other' } }),
    post('events', { metadata: { name: 'a' } }),
    post('events', cm('a')),
    post('events', {
      metadata: { generateName: 'e.' },
      involvedObject: { namespace: '$ns' },
      type: 'Loud',
      reason: 'x',
    }),
    post('/apis/events.k8s.io/v1/namespaces/$ns/events', {
      metadata: { name: 'b' },
      eventTime: null,
      regarding: { namespace: '$ns' },
    }),
  ]),
]
