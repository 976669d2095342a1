import type { Answer } from './case.ts'

/** Without what differs from run to run, and without managedFields, which the patch conformance compares. */
export function masked(answer: Answer, namespace: string): Answer {
  const { warning, body } = answer
  return { ...answer, ...(warning && { warning: text(warning, namespace) }), body: value(body, namespace) }
}

const volatile = ['resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'expirationTimestamp', 'token']

function value(given: unknown, namespace: string, key = ''): unknown {
  if (Array.isArray(given)) return given.map((each) => value(each, namespace))
  if (typeof given === 'string') return volatile.includes(key) ? `<${key}>` : text(given, namespace)
  if (typeof given !== 'object' || given === null) return given
  return Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => name !== 'managedFields')
      .map(([name, each]) => [name, value(each, namespace, name)]),
  )
}

const text = (given: string, namespace: string): string =>
  given
    .replaceAll(namespace, '{ns}')
    // The object as the patch left it, with the order of its keys.
    .replace(/^(.*patch: Invalid value: )"\{.*\}": /s, '$1<object>: ')
    .replace(/^(Invalid value: )"\{.*\}": (?=json: |parsing time )/s, '$1<object>: ')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<5>')
    .replace(/^20\d\d-(?!01-01)\d\d-\d\dT\d\d:\d\d:\d\dZ$/, '<time>')
    .replace(/(x_|\ba\.)[a-z0-9]{5}(?![a-z0-9])/g, '$1<5>')
    .replace(/^10\.96\.(?!77\.)\d+\.\d+$/, '<ip>')
