import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'

// Derives emulator/protobuf/fields.json: numbers and types from the modules' generated.proto files, JSON names, pointers and
// omitempty from the tags of their Go structs. Run it where the Go modules of test/cluster/tools/kubernetes can be had.

const root = join(import.meta.dirname, '../../..')
const moduleDir = join(import.meta.dirname, 'kubernetes')

const packages = [
  ...[
    'admissionregistration/v1',
    'apps/v1',
    'authentication/v1',
    'authorization/v1',
    'autoscaling/v1',
    'batch/v1',
    'coordination/v1',
    'core/v1',
  ].map(inApi),
  ...['discovery/v1', 'events/v1', 'networking/v1', 'policy/v1', 'rbac/v1', 'scheduling/v1'].map(inApi),
  { module: 'k8s.io/apiextensions-apiserver', path: 'pkg/apis/apiextensions/v1' },
  { module: 'k8s.io/apimachinery', path: 'pkg/apis/meta/v1' },
  { module: 'k8s.io/apimachinery', path: 'pkg/api/resource' },
  { module: 'k8s.io/apimachinery', path: 'pkg/runtime' },
  { module: 'k8s.io/apimachinery', path: 'pkg/runtime/schema' },
  { module: 'k8s.io/apimachinery', path: 'pkg/util/intstr' },
]

/** Kinds that a client may send: what they are made of is all that the table holds. */
const sent: Readonly<Record<string, string>> = {
  'admissionregistration.k8s.io/v1': 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding',
  'apps/v1': 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet',
  'authentication.k8s.io/v1': 'SelfSubjectReview TokenRequest TokenReview',
  'authorization.k8s.io/v1':
    'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
  'autoscaling/v1': 'HorizontalPodAutoscaler Scale',
  'batch/v1': 'CronJob Job',
  'coordination.k8s.io/v1': 'Lease',
  v1: 'Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount',
  'discovery.k8s.io/v1': 'EndpointSlice',
  'events.k8s.io/v1': 'Event',
  'networking.k8s.io/v1': 'Ingress IngressClass NetworkPolicy',
  'policy/v1': 'Eviction PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
  'scheduling.k8s.io/v1': 'PriorityClass',
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition',
  'meta.k8s.io/v1': 'DeleteOptions',
}

type Package = { readonly module: string; readonly path: string }
type GoField = {
  readonly json: string
  readonly isInline: boolean
  readonly isKept: boolean
  readonly isRequired: boolean
}

function inApi(path: string): Package {
  return { module: 'k8s.io/api', path }
}

const directories = new Map<string, string>()
function directoryOf({ module, path }: Package): string {
  const known =
    directories.get(module) ??
    execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: moduleDir, encoding: 'utf8' }).trim()
  directories.set(module, known)
  return join(known, path)
}

const protoPackage = ({ module, path }: Package): string =>
  `${module}/${path}`.replaceAll('/', '.').replaceAll('-', '_')

/** `k8s.io.api.core.v1.Pod` is `core.v1.Pod`, `k8s.io.apimachinery.pkg.util.intstr.IntOrString` is `intstr.IntOrString`. */
const short = (name: string): string =>
  name
    .replace(/^\./, '')
    .replace(
      /^k8s\.io\.(?:api|apimachinery\.pkg\.(?:apis|api|util)|apimachinery\.pkg|apiextensions_apiserver\.pkg\.apis)\./,
      '',
    )

/** Of each struct of a Go package, its fields by their protobuf name. */
function goFields(directory: string): ReadonlyMap<string, ReadonlyMap<string, GoField>> {
  const structs = new Map<string, Map<string, GoField>>()
  const files = readdirSync(directory).filter(
    (file) => file.endsWith('.go') && !/^zz_|_test\.go$|^generated/.test(file),
  )
  for (const file of files) {
    let fields: Map<string, GoField> | undefined
    let isOptional = false
    for (const line of readFileSync(join(directory, file), 'utf8').split('\n')) {
      const [, struct] = /^type (\w+) struct \{/.exec(line) ?? []
      if (struct !== undefined) {
        fields = new Map()
        structs.set(struct, fields)
        isOptional = false
      }
      if (line === '}') fields = undefined
      if (/^\s*\/\/ *\+optional/.test(line)) isOptional = true
      const [, declared = '', tags = ''] = /^\t([^`/]*)`(.*)`/.exec(line) ?? []
      const [, proto] = /protobuf:"[^"]*\bname=(\w+)/.exec(tags) ?? []
      const [, json] = /json:"([^"]*)"/.exec(tags) ?? []
      if (!fields || proto === undefined || json === undefined) continue
      const [name = '', ...options] = json.split(',')
      const isPointer = declared.trim().split(/\s+/).at(-1)?.startsWith('*') === true
      fields.set(proto, {
        json: name,
        isInline: options.includes('inline'),
        isKept: isPointer || !options.includes('omitempty'),
        isRequired: !isOptional && !options.includes('omitempty'),
      })
      isOptional = false
    }
  }
  return structs
}

const all = new protobuf.Root()
const structs = new Map<string, ReadonlyMap<string, GoField>>()
for (const each of packages) {
  const directory = directoryOf(each)
  protobuf.parse(readFileSync(join(directory, 'generated.proto'), 'utf8'), all, { keepCase: true })
  for (const [name, fields] of goFields(directory)) structs.set(`${protoPackage(each)}.${name}`, fields)
}
all.resolveAll()

const messages: Record<string, Record<string, string>> = {}

function typeName(field: protobuf.Field): string {
  if (!field.resolvedType) return field.type
  add(field.resolvedType as protobuf.Type)
  return short(field.resolvedType.fullName)
}

function add(type: protobuf.Type): void {
  const name = short(type.fullName)
  if (messages[name]) return
  const fields: Record<string, string> = {}
  messages[name] = fields
  const go = structs.get(type.fullName.slice(1))
  for (const field of type.fieldsArray) {
    const found = go?.get(field.name)
    const key = found?.isInline ? `+${field.name}` : (found?.json ?? field.name)
    const shape =
      field instanceof protobuf.MapField
        ? `map ${typeName(field)}`
        : field.repeated
          ? `list ${typeName(field)}`
          : typeName(field)
    fields[key] = `${field.id} ${shape}${found?.isKept === false ? '?' : ''}${found?.isRequired ? '!' : ''}`
  }
}

const kinds: Record<string, string> = {}
add(all.lookupType('k8s.io.apimachinery.pkg.runtime.Unknown'))
for (const [apiVersion, names] of Object.entries(sent)) {
  for (const kind of names.split(' ')) {
    const home = packages.map(protoPackage).find((each) => fits(each, apiVersion) && all.lookup(`${each}.${kind}`))
    if (home === undefined) throw new Error(`${apiVersion} ${kind}: no such message`)
    const type = all.lookupType(`${home}.${kind}`)
    add(type)
    kinds[`${apiVersion}/${kind}`] = short(type.fullName)
  }
}

/** Whether a package is that of an API version: `core` has no group, `rbac` is rbac.authorization.k8s.io. */
function fits(home: string, apiVersion: string): boolean {
  const [version = '', group = 'core'] = apiVersion.split('/').reverse()
  return home.endsWith(`.${group.split('.')[0]}.${version}`)
}

const sorted = Object.fromEntries(Object.entries(messages).sort(([a], [b]) => (a < b ? -1 : 1)))
const lines = Object.entries(sorted).map(([name, fields]) => `    ${JSON.stringify(name)}: ${JSON.stringify(fields)}`)
// Biome breaks the longer lines afterwards.
writeFileSync(
  join(root, 'emulator/protobuf/fields.json'),
  `{\n  "kinds": ${JSON.stringify(kinds, undefined, 4)},\n  "messages": {\n${lines.join(',\n')}\n  }\n}\n`,
)
