import { type FieldError, invalid, notSupported, required } from '../../schema/field-error.ts'
import { labelFaults, labelValueFaults, qualifiedNameFaults, subdomainFaults } from '../../schema/names.ts'
import { at, isObject, listAt } from '../json.ts'

// What many kinds share: apimachinery's small validators with their texts.

export type Errors = readonly FieldError[]

export const text = (value: unknown, key: string): string => {
  const found = at(value, key)
  return typeof found === 'string' ? found : ''
}
export const has = (value: unknown, key: string): boolean => at(value, key) !== undefined && at(value, key) !== null

/** The errors of each element of a list, told its path `field[0]`. */
export const each = (
  value: unknown,
  key: string,
  path: string,
  check: (item: unknown, path: string, index: number) => Errors,
): Errors => listAt(value, key).flatMap((item, index) => check(item, `${path}.${key}[${index}]`, index))

export const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  isObject(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : []

export const notNegative = (value: unknown, path: string): Errors =>
  typeof value === 'number' && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : []

export const inRange = (value: unknown, path: string, from: number, to: number): Errors =>
  typeof value === 'number' && (value < from || value > to)
    ? [invalid(path, value, `must be between ${from} and ${to}, inclusive`)]
    : []

export const portNumber = (value: unknown, path: string): Errors => inRange(value, path, 1, 65_535)
export const userId = (value: unknown, path: string): Errors => inRange(value, path, 0, 2_147_483_647)

/** An unset value passes. */
export const among = (value: unknown, path: string, values: readonly string[]): Errors =>
  value === undefined || value === null || values.includes(String(value)) ? [] : [notSupported(path, value, values)]

export const faults = (value: string, path: string, found: readonly string[]): Errors =>
  found.map((fault) => invalid(path, value, fault))
export const subdomain = (value: string, path: string): Errors => faults(value, path, subdomainFaults(value))
export const label = (value: string, path: string): Errors => faults(value, path, labelFaults(value))
export const qualifiedName = (value: string, path: string): Errors => faults(value, path, qualifiedNameFaults(value))

export const labels = (value: unknown, path: string): Errors =>
  entriesOf(value).flatMap(([key, word]) => [
    ...qualifiedName(key, path),
    ...faults(String(word), path, labelValueFaults(String(word))),
  ])

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

export const labelSelector = (value: unknown, path: string): Errors => [
  ...labels(at(value, 'matchLabels'), `${path}.matchLabels`),
  ...each(value, 'matchExpressions', path, (item, place) => {
    const operator = text(item, 'operator')
    const values = listAt(item, 'values')
    const isWithValues = operator === 'In' || operator === 'NotIn'
    return [
      ...(isWithValues && values.length === 0
        ? [required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
        : []),
      ...(operators.slice(2).includes(operator) && values.length > 0
        ? [
            {
              field: `${place}.values`,
              type: 'FieldValueForbidden' as const,
              detail: "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            },
          ]
        : []),
      ...(operators.includes(operator)
        ? []
        : [invalid(`${place}.operator`, operator, 'not a valid selector operator')]),
      ...qualifiedName(text(item, 'key'), `${place}.key`),
      ...values.flatMap((word, index) =>
        faults(String(word), `${place}.values[${index}]`, labelValueFaults(String(word))),
      ),
    ]
  }),
]

/** Whether a LabelSelector selects nothing at all or everything: `{}`. */
export const isEmptySelector = (value: unknown): boolean =>
  entriesOf(at(value, 'matchLabels')).length === 0 && listAt(value, 'matchExpressions').length === 0

export function selects(selector: unknown, given: unknown): boolean {
  const words = isObject(given) ? given : {}
  return (
    entriesOf(at(selector, 'matchLabels')).every(([key, word]) => words[key] === word) &&
    listAt(selector, 'matchExpressions').every((item) => {
      const found = words[text(item, 'key')]
      const isListed = listAt(item, 'values').includes(found)
      switch (text(item, 'operator')) {
        case 'In':
          return isListed
        case 'NotIn':
          return !isListed
        case 'Exists':
          return found !== undefined
        default:
          return found === undefined
      }
    })
  )
}

export const immutable = (value: unknown, path: string, isSame: boolean): Errors =>
  isSame ? [] : [invalid(path, value ?? null, 'field is immutable')]

export const repeated = (value: unknown, path: string): FieldError => ({
  field: path,
  type: 'FieldValueDuplicate',
  badValue: value,
  detail: '',
})
export const notFoundAt = (value: unknown, path: string): FieldError => ({
  field: path,
  type: 'FieldValueNotFound',
  badValue: value,
  detail: '',
})

const configKeyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

export const configKey = (key: string, path: string): Errors => [
  ...(key.length > 253 ? [invalid(path, key, 'must be no more than 253 characters')] : []),
  ...(/^[-._a-zA-Z0-9]+$/.test(key) ? [] : [invalid(path, key, configKeyText)]),
  ...(key === '.' || key === '..'
    ? [invalid(path, key, `must not be '${key}'`)]
    : key.startsWith('..')
      ? [invalid(path, key, "must not start with '..'")]
      : []),
]

/** IANA_SVC_NAME */
export const portName = (name: string, path: string): Errors =>
  faults(name, path, [
    ...(name.length > 15 ? ['must be no more than 15 characters'] : []),
    ...(/^[-a-z0-9]+$/.test(name) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(name) ? ['must not begin or end with a hyphen'] : []),
  ])

/** An IntOrString that is a port. */
export const portReference = (value: unknown, path: string): Errors =>
  typeof value === 'string' ? portName(value, path) : portNumber(value ?? 0, path)

export const envName = (name: string, path: string): Errors =>
  name !== '' && /^[ -<>-~]+$/.test(name)
    ? []
    : [
        invalid(
          path,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      ]

export const ipAddress = (value: string, path: string, isIp: boolean): Errors =>
  isIp ? [] : [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
