const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValue = `(${labelKey})?`
const dns1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const alphanumeric =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

const bytes = (text: string): number => Buffer.byteLength(text)
const compiled = new Map<string, RegExp>()
const is = (pattern: string, text: string): boolean => {
  const known = compiled.get(pattern) ?? new RegExp(`^${pattern}$`)
  compiled.set(pattern, known)
  return known.test(text)
}
type Unit = 'bytes' | 'characters' // the real server counts bytes in both, and says so in one of two places
const noMoreThan = (size: number, unit: Unit = 'bytes'): string => `must be no more than ${size} ${unit}`
const explained = (message: string, pattern: string, ...examples: readonly string[]): string =>
  `${message} (e.g. ${examples.map((each) => `'${each}', `).join(' or ')}regex used for validation is '${pattern}')`

/** What is wrong with a name that has to be an RFC 1123 subdomain. Pure. */
export function subdomainFaults(name: string): readonly string[] {
  return subdomainFaultsIn(name, 'characters')
}

function subdomainFaultsIn(name: string, unit: Unit): readonly string[] {
  const faults = bytes(name) > 253 ? [noMoreThan(253, unit)] : []
  if (is(subdomain, name)) return faults
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
  return [...faults, explained(message, subdomain, 'example.com')]
}

/** What is wrong with a name that has to be an RFC 1123 label. Pure. */
export function labelFaults(name: string): readonly string[] {
  const faults = bytes(name) > 63 ? [noMoreThan(63, 'characters')] : []
  if (is(label, name)) return faults
  if (is(subdomain, name)) return [...faults, 'must not contain dots']
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  return [...faults, explained(message, label, 'my-name', '123-abc')]
}

/** What is wrong with a DNS name that begins with `*.`. Pure. */
export function wildcardFaults(name: string): readonly string[] {
  const pattern = `\\*\\.${subdomain}`
  const faults = bytes(name) > 253 ? [noMoreThan(253, 'characters')] : []
  if (is(pattern, name)) return faults
  const message =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
  return [...faults, explained(message, pattern, '*.example.com')]
}

/** What is wrong with a name of RBAC's: anything goes that can be a path segment. Pure. */
export const pathSegmentFaults = (name: string): readonly string[] =>
  name === '.' || name === '..'
    ? [`may not be '${name}'`]
    : ['/', '%'].filter((letter) => name.includes(letter)).map((letter) => `may not contain '${letter}'`)

/** What is wrong with a name that has to be a DNS-1035 label. Pure. */
export function dns1035Faults(name: string): readonly string[] {
  const faults = bytes(name) > 63 ? [noMoreThan(63, 'characters')] : []
  if (is(dns1035, name)) return faults
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
  return [...faults, explained(message, dns1035, 'my-name', 'abc-123')]
}

/** The same few keys are on most objects. */
const faultless = new Set<string>()
const MOST_FAULTLESS = 1000

/** What is wrong with the key of a label, annotation or finalizer. Pure. */
export function qualifiedNameFaults(text: string): readonly string[] {
  if (faultless.has(text)) return []
  const faults = faultsOfQualifiedName(text)
  if (faults.length > 0) return faults
  if (faultless.size >= MOST_FAULTLESS) faultless.clear()
  faultless.add(text)
  return faults
}

function faultsOfQualifiedName(text: string): readonly string[] {
  const parts = text.split('/')
  const [first = '', second] = parts
  if (parts.length > 2) {
    const how = explained(alphanumeric, labelKey, 'MyName', 'my.name', '123-abc')
    return [`a valid label key ${how} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const prefixFaults =
    second === undefined
      ? []
      : first === ''
        ? ['prefix part must be non-empty']
        : subdomainFaultsIn(first, 'bytes').map((fault) => `prefix part ${fault}`)
  const name = second ?? first
  if (name === '')
    return [
      ...prefixFaults,
      'name part must be non-empty',
      `name part ${explained(alphanumeric, labelKey, 'MyName', 'my.name', '123-abc')}`,
    ]
  const faults = bytes(name) > 63 ? [`name part ${noMoreThan(63)}`] : []
  return is(labelKey, name)
    ? [...prefixFaults, ...faults]
    : [...prefixFaults, ...faults, `name part ${explained(alphanumeric, labelKey, 'MyName', 'my.name', '123-abc')}`]
}

/** What is wrong with the value of a label. Pure. */
export function labelValueFaults(text: string): readonly string[] {
  const faults = bytes(text) > 63 ? [noMoreThan(63)] : []
  if (is(labelValue, text)) return faults
  const message = `a valid label must be an empty string or consist of ${alphanumeric.slice('must consist of '.length)}`
  return [...faults, explained(message, labelValue, 'MyValue', 'my_value', '12345')]
}
