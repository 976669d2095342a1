import { forbidden, invalid, required, tooLong } from '../../schema/field-error.ts'
import { at, equal, isObject } from '../json.ts'
import { faultIn } from '../parse-json.ts'
import type { KubeObject } from '../types.ts'
import { configKey, type Errors, entriesOf, immutable, text } from './checks.ts'

const MAX_BYTES = 1024 * 1024
const words = 'field is immutable when `immutable` is set'

const fixedErrors = (object: KubeObject, old: KubeObject | undefined, keys: readonly string[]): Errors => {
  if (old?.['immutable'] !== true) return []
  return [
    ...(object['immutable'] === true ? [] : [forbidden('immutable', words)]),
    ...keys.flatMap((key) => (equal(object[key] ?? {}, old[key] ?? {}) ? [] : [forbidden(key, words)])),
  ]
}

const decodedSize = (value: unknown): number => Buffer.from(String(value), 'base64').length

export function configMapErrors(map: KubeObject, old?: KubeObject): Errors {
  const data = entriesOf(map['data'])
  const binary = entriesOf(map['binaryData'])
  const keys = (entries: typeof data, field: string): Errors =>
    entries.flatMap(([key]) => configKey(key, `${field}[${key}]`))
  const size =
    data.reduce((sum, [, value]) => sum + Buffer.byteLength(String(value)), 0) +
    binary.reduce((sum, [, value]) => sum + decodedSize(value), 0)
  return [
    ...data.flatMap(([key]) => [
      ...configKey(key, `data[${key}]`),
      ...(binary.some(([other]) => other === key)
        ? [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')]
        : []),
    ]),
    ...keys(binary, 'binaryData'),
    ...(size > MAX_BYTES ? [{ ...tooLong('x', MAX_BYTES), field: '[]' }] : []),
    ...fixedErrors(map, old, ['data', 'binaryData']),
  ]
}

const neededKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
}
const accountKey = 'kubernetes.io/service-account.name'

function typeErrors(secret: KubeObject): Errors {
  const type = text(secret, 'type')
  const data = secret['data']
  const missing = (key: string): boolean => at(data, key) === undefined || at(data, key) === ''
  const need = (key: string): Errors => [required(`data[${key}]`, '')]
  if (type === 'kubernetes.io/service-account-token')
    return (secret.metadata.annotations?.[accountKey] ?? '') === ''
      ? [required(`metadata.annotations[${accountKey}]`, '')]
      : []
  if (type === 'kubernetes.io/basic-auth') {
    const keys = ['username', 'password']
    return keys.every((key) => at(data, key) === undefined) ? keys.flatMap(need) : []
  }
  return (neededKeys[type] ?? []).flatMap((key) => {
    if (type === 'kubernetes.io/tls' ? at(data, key) === undefined : missing(key)) return need(key)
    if (!key.startsWith('.')) return []
    const fault = jsonFault(Buffer.from(String(at(data, key)), 'base64').toString())
    return fault === undefined ? [] : [invalid(`data[${key}]`, '<secret contents redacted>', fault)]
  })
}

const jsonFault = (json: string): string | undefined => {
  const fault = faultIn(json)
  if (fault !== undefined) return fault
  return isObject(JSON.parse(json)) ? undefined : 'json: cannot unmarshal into Go value of type map[string]interface {}'
}

export function secretErrors(secret: KubeObject, old?: KubeObject): Errors {
  const data = entriesOf(secret['data'])
  const size = data.reduce((sum, [, value]) => sum + decodedSize(value), 0)
  return [
    ...data.flatMap(([key]) => configKey(key, `data[${key}]`)),
    ...(size > MAX_BYTES ? [tooLong('data', MAX_BYTES)] : []),
    ...typeErrors(secret),
    ...(old ? immutable(secret['type'], 'type', secret['type'] === old['type']) : []),
    ...fixedErrors(secret, old, ['data']),
  ]
}
