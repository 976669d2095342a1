import { createHash } from 'node:crypto'
import type { Core } from './context.ts'
import { isObject } from './json.ts'
import { openApiDocument, openApiIndex } from './openapi.ts'
import { openApiV2 } from './openapi-v2.ts'
import type { Json, Request, ResourceType } from './types.ts'

type Virtual = {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

const virtual = (group: string, kind: string, namespaced = false): Virtual => ({
  group,
  version: 'v1',
  plural: `${kind.toLowerCase()}s`,
  kind,
  namespaced,
})

/** Resources that can be created only, and are not stored. */
export const virtuals: readonly Virtual[] = [
  virtual('authentication.k8s.io', 'SelfSubjectReview'),
  virtual('authorization.k8s.io', 'LocalSubjectAccessReview', true),
  virtual('authorization.k8s.io', 'SelfSubjectAccessReview'),
  virtual('authorization.k8s.io', 'SelfSubjectRulesReview'),
  virtual('authorization.k8s.io', 'SubjectAccessReview'),
]

const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3',
  gitCommit: '$Format:%H$',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
}

/** What the server answers on a path that is no resource: an object, a text, or `undefined` for no such path. */
export function discover(
  core: Core,
  request: Request,
  path: string,
): { body: Json | string | Uint8Array; type?: string } | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  const types = core.types().toSorted(byPlace)
  const isAggregated = /g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList/.test(request.headers['accept'] ?? '')
  const groups = [...new Set([...types, ...virtuals].toSorted(byPlace).map(({ group }) => group))].filter(
    (group) => group !== '',
  )
  const [first, second, third] = parts
  if (path === '/version' || path === '/version/') return { body: version }
  const health = /^\/(healthz|readyz|livez)(\/ping)?$/.exec(path)
  if (health) {
    const isVerbose = /[?&]verbose\b/.test(request.path) && health[2] === undefined
    return { body: isVerbose ? `[+]ping ok\n${health[1]} check passed\n` : 'ok', type: 'text/plain; charset=utf-8' }
  }
  if (path === '/openapi/v2') return openApiV2(request)
  if (path === '/openapi/v3') return { body: openApiIndex(core) }
  if (path.startsWith('/openapi/v3/')) {
    const body = openApiDocument(core, path.slice('/openapi/v3/'.length))
    return body && { body }
  }
  if (path === '/') return { body: { paths: pathsOf(types, groups) } }
  const inList = (names: readonly string[]) => ({
    type: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    body: {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: names.map((name) => aggregated(types, name)),
    },
  })
  if (parts.length === 1 && first === 'api')
    return isAggregated
      ? inList([''])
      : {
          body: {
            kind: 'APIVersions',
            versions: ['v1'],
            serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
          },
        }
  if (parts.length === 2 && first === 'api' && second === 'v1') return { body: resourceList(types, '', 'v1') }
  if (first !== 'apis') return undefined
  if (second === undefined)
    return isAggregated
      ? inList(groups)
      : { body: { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((name) => groupOf(types, name)) } }
  if (!groups.includes(second)) return undefined
  if (third === undefined) return { body: { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(types, second) } }
  return parts.length === 3 && versionsOf(types, second).includes(third)
    ? { body: resourceList(types, second, third) }
    : undefined
}

// The real server's order of its own groups; those of CRDs come after them.
const order = [
  ...['', 'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io'],
  ...['autoscaling', 'batch', 'certificates.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io'],
  ...['storage.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'scheduling.k8s.io'],
  ...['coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'resource.k8s.io', 'flowcontrol.apiserver.k8s.io'],
]
const placeOf = (group: string): number => (order.includes(group) ? order.indexOf(group) : order.length)

type Place = { readonly group: string; readonly plural: string }

const byPlace = (a: Place, b: Place): number =>
  placeOf(a.group) - placeOf(b.group) || byText(a.group, b.group) || byText(a.plural, b.plural)

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Tells clients which kinds are stored as the same one. */
const storageVersionHash = ({ group, version, kind, storageVersion = version }: ResourceType): string =>
  createHash('sha256').update(`${group}/${storageVersion}/${kind}`).digest().subarray(0, 8).toString('base64')

const pathsOf = (types: readonly ResourceType[], groups: readonly string[]): readonly string[] =>
  [
    ...[
      '/api',
      '/api/v1',
      '/apis',
      '/apis/',
      '/healthz',
      '/livez',
      '/openapi/v3',
      '/openapi/v3/',
      '/readyz',
      '/version',
    ],
    ...groups.flatMap((name) => [`/apis/${name}`, ...versionsOf(types, name).map((each) => `/apis/${name}/${each}`)]),
  ].sort()

const versionsOf = (types: readonly ResourceType[], group: string): readonly string[] => [
  ...new Set([...types, ...virtuals].filter((type) => type.group === group).map((type) => type.version)),
]

const groupOf = (types: readonly ResourceType[], name: string): Json => {
  const versions = versionsOf(types, name).map((each) => ({ groupVersion: `${name}/${each}`, version: each }))
  return { name, versions, preferredVersion: versions[0] }
}

const verbsOf = (subresource: string): readonly string[] => {
  if (['token', 'eviction', 'binding'].includes(subresource)) return ['create']
  if (subresource === 'log') return ['get']
  return subresource === 'finalize' ? ['update'] : ['get', 'patch', 'update']
}

const kindsOf: Readonly<Record<string, Json>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  binding: { kind: 'Binding' },
}

function resourceList(types: readonly ResourceType[], group: string, inVersion: string): Json {
  const resources = types
    .filter((type) => type.group === group && type.version === inVersion)
    .flatMap((type) => {
      const { namespaced, kind, plural, shortNames, categories } = type
      const many = { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) }
      const subs = [...type.subresources].sort().map((each) => ({
        name: `${plural}/${each}`,
        singularName: '',
        namespaced,
        ...(isObject(kindsOf[each]) && kindsOf[each]),
        kind: kindsOf[each]?.['kind'] ?? kind,
        verbs: verbsOf(each),
      }))
      return [
        {
          name: plural,
          singularName: type.singular,
          namespaced,
          kind,
          verbs: type.verbs,
          ...many,
          storageVersionHash: storageVersionHash(type),
        },
        ...subs,
      ]
    })
  const made = virtuals
    .filter((type) => type.group === group)
    .map(({ plural, kind, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['create'],
    }))
  const groupVersion = group === '' ? inVersion : `${group}/${inVersion}`
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [...resources, ...made] }
}

function aggregated(types: readonly ResourceType[], group: string): Json {
  const scopeOf = (namespaced: boolean): string => (namespaced ? 'Namespaced' : 'Cluster')
  const versions = versionsOf(types, group).map((each) => {
    const stored = types
      .filter((type) => type.group === group && type.version === each)
      .map((type) => ({
        type,
        ownKind: { group: type.isCustom ? group : '', version: type.isCustom ? each : '', kind: type.kind },
      }))
      .map(({ type, ownKind }) => ({
        resource: type.plural,
        responseKind: ownKind,
        scope: scopeOf(type.namespaced),
        singularResource: type.singular,
        verbs: type.verbs,
        ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
        ...(type.categories.length > 0 && { categories: type.categories }),
        ...(type.subresources.length > 0 && {
          subresources: [...type.subresources].sort().map((sub) => ({
            subresource: sub,
            responseKind: { ...ownKind, ...kindsOf[sub] },
            verbs: verbsOf(sub),
          })),
        }),
      }))
    const made = virtuals
      .filter((type) => type.group === group)
      .map(({ plural, kind, namespaced }) => ({
        resource: plural,
        responseKind: { group: '', version: '', kind },
        scope: scopeOf(namespaced),
        singularResource: kind.toLowerCase(),
        verbs: ['create'],
      }))
    return { version: each, resources: [...stored, ...made], freshness: 'Current' }
  })
  return { metadata: group === '' ? {} : { name: group }, versions }
}
