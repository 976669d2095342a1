import { forbidden, invalid, required } from '../../schema/field-error.ts'
import { at, isObject, listAt } from '../json.ts'
import { among, type Errors, each, has, notNegative, portNumber, portReference, text } from './checks.ts'

const headerText =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"

/** Exactly one of `kinds` may be set. */
function handlerErrors(given: unknown, path: string, kinds: readonly string[], graceSeconds: number): Errors {
  const set = kinds.filter((kind) => has(given, kind))
  if (set.length === 0) return [required(path, 'must specify a handler type')]
  return set.flatMap((kind, index): Errors => {
    const place = `${path}.${kind}`
    if (index > 0) return [forbidden(place, 'may not specify more than 1 handler type')]
    const action = at(given, kind)
    switch (kind) {
      case 'exec':
        return listAt(action, 'command').length === 0 ? [required(`${place}.command`, '')] : []
      case 'httpGet':
        return [
          ...(text(action, 'path') === '' ? [required(`${place}.path`, '')] : []),
          ...portReference(at(action, 'port'), `${place}.port`),
          ...among(at(action, 'scheme'), `${place}.scheme`, ['HTTP', 'HTTPS']),
          ...each(action, 'httpHeaders', place, (header) =>
            /^[-A-Za-z0-9]+$/.test(text(header, 'name'))
              ? []
              : [invalid(`${place}.httpHeaders`, text(header, 'name'), headerText)],
          ),
        ]
      case 'tcpSocket':
        return portReference(at(action, 'port'), `${place}.port`)
      case 'grpc':
        return portNumber(at(action, 'port') ?? 0, `${place}.port`)
      default: {
        const seconds = Number(at(action, 'seconds') ?? 0)
        return seconds < 0 || seconds > graceSeconds
          ? [
              invalid(
                place,
                seconds,
                `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`,
              ),
            ]
          : []
      }
    }
  })
}

const numbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

export function probeErrors(
  given: unknown,
  path: string,
  kind: 'liveness' | 'readiness' | 'startup',
  graceSeconds: number,
): Errors {
  if (!isObject(given)) return []
  const grace = at(given, 'terminationGracePeriodSeconds')
  const isOnce = kind !== 'readiness' && at(given, 'successThreshold') !== 1
  return [
    ...handlerErrors(given, path, ['exec', 'httpGet', 'tcpSocket', 'grpc'], graceSeconds),
    ...numbers.flatMap((key) => notNegative(at(given, key), `${path}.${key}`)),
    ...(typeof grace === 'number' && grace <= 0
      ? [invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')]
      : []),
    ...(typeof grace === 'number' && kind === 'readiness'
      ? [invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes')]
      : []),
    ...(isOnce ? [invalid(`${path}.successThreshold`, at(given, 'successThreshold') ?? 0, 'must be 1')] : []),
  ]
}

export const lifecycleErrors = (given: unknown, path: string, graceSeconds: number): Errors =>
  ['postStart', 'preStop'].flatMap((key) =>
    has(given, key)
      ? handlerErrors(at(given, key), `${path}.${key}`, ['exec', 'httpGet', 'tcpSocket', 'sleep'], graceSeconds)
      : [],
  )
