import type { FieldError, KubeObject, Meta, ResourceType } from './types.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const namePartText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

type NameCheck = (name: string, isPrefix: boolean) => readonly string[]

/** A prefix may end with a dash: something follows. */
const whole = (name: string, isPrefix: boolean): string =>
  isPrefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -1)}a` : name

const check =
  (pattern: RegExp, longest: number, text: string): NameCheck =>
  (name, isPrefix) => [
    ...(name.length > longest ? [`must be no more than ${longest} characters`] : []),
    ...(pattern.test(whole(name, isPrefix)) ? [] : [text]),
  ]

export const subdomainName: NameCheck = check(subdomain, 253, subdomainText)
export const labelName: NameCheck = (name, isPrefix) =>
  name.includes('.') ? ['must not contain dots'] : check(label, 63, labelText)(name, isPrefix)
export const serviceName: NameCheck = labelName
/** RBAC's: whatever can be a path segment. */
export const pathSegmentName: NameCheck = (name) => [
  ...(name === '.' ? ["may not be '.'"] : []),
  ...(name === '..' ? ["may not be '..'"] : []),
  ...(name.includes('/') ? ["may not contain '/'"] : []),
  ...(name.includes('%') ? ["may not contain '%'"] : []),
]

export const labelKeyErrors = (key: string): readonly string[] => {
  const parts = key.split('/')
  const name = parts.at(-1) ?? ''
  if (parts.length > 2)
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined
  const prefixErrors =
    prefix === undefined
      ? []
      : prefix === ''
        ? ['prefix part must be non-empty']
        : subdomainName(prefix, false).map((each) => `prefix part ${each}`)
  return [
    ...prefixErrors,
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(qualifiedName.test(name) ? [] : [namePartText]),
  ]
}

export const labelValueErrors = (value: string): readonly string[] => [
  ...(value.length > 63 ? ['must be no more than 63 bytes'] : []),
  ...(labelValue.test(value) ? [] : [labelValueText]),
]

const invalid = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  badValue,
  detail,
})

/** What the real server says of an object's metadata, in its order. Pure. */
export function metaErrors({ metadata }: KubeObject, type: ResourceType): readonly FieldError[] {
  const errors: FieldError[] = []
  const named = type.validateName ?? subdomainName
  const { name = '', generateName = '', labels = {}, annotations = {} } = metadata
  if (generateName !== '')
    for (const text of named(generateName, true)) errors.push(invalid('metadata.generateName', generateName, text))
  if (name === '')
    errors.push({ type: 'FieldValueRequired', field: 'metadata.name', detail: 'name or generateName is required' })
  else for (const text of named(name, false)) errors.push(invalid('metadata.name', name, text))
  for (const key of Object.keys(labels).sort()) {
    for (const text of labelKeyErrors(key)) errors.push(invalid('metadata.labels', key, text))
    const value = labels[key] ?? ''
    for (const text of labelValueErrors(value)) errors.push(invalid('metadata.labels', value, text))
  }
  for (const key of Object.keys(annotations).sort())
    for (const text of labelKeyErrors(key.toLowerCase())) errors.push(invalid('metadata.annotations', key, text))
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (size > 262_144)
    errors.push({
      type: 'FieldValueTooLong',
      field: 'metadata.annotations',
      detail: 'may not be more than 262144 bytes',
    })
  return [...errors, ...ownerErrors(metadata), ...finalizerErrors(metadata, type)]
}

const standardFinalizers = ['kubernetes', 'foregroundDeletion', 'orphan']

/** Custom kinds and Leases take any qualified name; the others want to know it or to see a slash. */
const finalizerErrors = (
  { finalizers = [] }: Meta,
  { isCustom, kind }: Pick<ResourceType, 'isCustom' | 'kind'>,
): readonly FieldError[] => {
  const errors = finalizers.flatMap((finalizer, index) => {
    const field = `metadata.finalizers[${index}]`
    const found = labelKeyErrors(finalizer)
    const why = found.map((text) => invalid('metadata.finalizers', finalizer, text))
    if (isCustom && why.length > 0) return why
    return isCustom || kind === 'Lease' || finalizer.includes('/') || standardFinalizers.includes(finalizer)
      ? why
      : [...why, invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')]
  })
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(
      invalid('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'),
    )
  return errors
}

const ownerErrors = ({ ownerReferences = [] }: Meta): readonly FieldError[] => {
  const required = (field: string): FieldError => ({
    type: 'FieldValueInvalid',
    field,
    badValue: '',
    detail: 'must not be empty',
  })
  const errors = ownerReferences.flatMap((owner) =>
    owner.kind === 'Event' && (owner.apiVersion === 'v1' || owner.apiVersion.startsWith('events.k8s.io/'))
      ? [
          invalid(
            'metadata.ownerReferences',
            owner,
            `${owner.apiVersion.includes('/') ? owner.apiVersion : `/${owner.apiVersion}`}, Kind=Event is disallowed from being an owner`,
          ),
        ]
      : (['apiVersion', 'kind', 'name', 'uid'] as const)
          .filter((key) => (owner[key] ?? '') === '')
          .map((key) =>
            key === 'apiVersion'
              ? invalid('metadata.ownerReferences.apiVersion', '', 'version must not be empty')
              : required(`metadata.ownerReferences.${key}`),
          ),
  )
  const controllers = ownerReferences.filter(({ controller }) => controller === true)
  const [first, second] = controllers
  if (first && second)
    errors.push(
      invalid(
        'metadata.ownerReferences',
        ownerReferences,
        `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`,
      ),
    )
  return errors
}

const consonants = 'bcdfghjklmnpqrstvwxz2456789'

/** The name that the server makes of a generateName. */
export const generatedName = (prefix: string, random: () => number): string =>
  prefix.slice(0, 58) + Array.from({ length: 5 }, () => consonants[Math.floor(random() * consonants.length)]).join('')

/** What the real server warns of in a custom object's metadata. Pure. */
export const metaWarnings = ({ metadata }: KubeObject, { isCustom }: ResourceType): readonly string[] =>
  (isCustom ? (metadata.finalizers ?? []) : [])
    .filter((each) => !each.includes('/') && !standardFinalizers.includes(each))
    .map(
      (each) =>
        `metadata.finalizers: ${JSON.stringify(each)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )
