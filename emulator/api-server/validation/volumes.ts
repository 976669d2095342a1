import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { at, isObject, listAt } from '../json.ts'
import { type Errors, each, has, label, repeated, text } from './checks.ts'
import { fieldRefErrors, resourceRefErrors } from './env.ts'
import { amountOf } from './quantity.ts'

const mode = (value: unknown, path: string): Errors =>
  typeof value === 'number' && (value < 0 || value > 0o777)
    ? [invalid(path, value, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : []

const noWayUp = (value: string, path: string): Errors =>
  value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : []

export const relativePath = (value: string, path: string): Errors => [
  ...(value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : []),
  ...noWayUp(value, path),
]

const localPath = (value: string, path: string): Errors => {
  const found = relativePath(value, path)
  const isOdd = found.length === 0 && value.startsWith('..')
  return isOdd ? [invalid(path, value, "must not start with '..'")] : found
}

const items = (given: unknown, path: string): Errors =>
  each(given, 'items', path, (item, place) => [
    ...(text(item, 'key') === '' ? [required(`${place}.key`, '')] : []),
    ...(text(item, 'path') === '' ? [required(`${place}.path`, '')] : localPath(text(item, 'path'), `${place}.path`)),
    ...mode(at(item, 'mode'), `${place}.mode`),
  ])

const downward = (item: unknown, path: string): Errors => {
  const isField = has(item, 'fieldRef')
  const isResource = has(item, 'resourceFieldRef')
  return [
    ...(text(item, 'path') === '' ? [required(`${path}.path`, '')] : localPath(text(item, 'path'), `${path}.path`)),
    ...(isField ? fieldRefErrors(at(item, 'fieldRef'), `${path}.fieldRef`, 'volume') : []),
    ...(isField && isResource
      ? [invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
      : isResource
        ? resourceRefErrors(at(item, 'resourceFieldRef'), `${path}.resourceFieldRef`, true)
        : isField
          ? []
          : [required(path, 'one of fieldRef and resourceFieldRef is required')]),
    ...mode(at(item, 'mode'), `${path}.mode`),
  ]
}

/** Paths inside a projected volume, in the order of its sources. */
function projected(given: unknown, path: string): Errors {
  const taken = new Set<string>()
  const claim = (file: string, of: string): Errors => {
    if (file === '' || !taken.has(file)) {
      taken.add(file)
      return []
    }
    return [invalid(path, of, 'conflicting duplicate paths')]
  }
  const sources = each(given, 'sources', path, (source, place) => {
    const set = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'].filter((key) => has(source, key))
    return set.flatMap((key, index): Errors => {
      const spot = `${place}.${key}`
      if (index > 0) return [forbidden(spot, 'may not specify more than 1 volume type')]
      const part = at(source, key)
      if (key === 'downwardAPI')
        return listAt(part, 'items').flatMap((item) => [
          ...downward(item, spot),
          ...claim(text(item, 'path'), text(item, 'path')),
        ])
      if (key === 'serviceAccountToken') {
        const seconds = Number(at(part, 'expirationSeconds') ?? 3600)
        const file = text(part, 'path')
        return [
          ...(seconds < 600
            ? [invalid(`${spot}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')]
            : []),
          ...(seconds > 2 ** 32
            ? [invalid(`${spot}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')]
            : []),
          ...(file === '' ? [required(`${path}.path`, '')] : localPath(file, `${path}.path`)),
          ...claim(file, file),
        ]
      }
      return [
        ...(text(part, 'name') === '' ? [required(`${spot}.name`, '')] : []),
        ...items(part, spot),
        ...listAt(part, 'items').flatMap((item) => claim(text(item, 'path'), text(part, 'name'))),
      ]
    })
  })
  return [...mode(at(given, 'defaultMode'), `${path}.defaultMode`), ...sources]
}

const hostTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

const sources: readonly (readonly [string, (given: unknown, path: string) => Errors])[] = [
  [
    'emptyDir',
    (given, path) =>
      amountOf(at(given, 'sizeLimit')).nano < 0n
        ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
        : [],
  ],
  [
    'hostPath',
    (given, path) => {
      const place = text(given, 'path')
      const type = text(given, 'type')
      return [
        ...(place === '' ? [required(`${path}.path`, '')] : noWayUp(place, `${path}.path`)),
        ...(hostTypes.includes(type) ? [] : [notSupported(`${path}.type`, type, hostTypes)]),
      ]
    },
  ],
  [
    'secret',
    (given, path) => [
      ...(text(given, 'secretName') === '' ? [required(`${path}.secretName`, '')] : []),
      ...mode(at(given, 'defaultMode'), `${path}.defaultMode`),
      ...items(given, path),
    ],
  ],
  [
    'persistentVolumeClaim',
    (given, path) => (text(given, 'claimName') === '' ? [required(`${path}.claimName`, '')] : []),
  ],
  [
    'configMap',
    (given, path) => [
      ...(text(given, 'name') === '' ? [required(`${path}.name`, '')] : []),
      ...mode(at(given, 'defaultMode'), `${path}.defaultMode`),
      ...items(given, path),
    ],
  ],
  [
    'downwardAPI',
    (given, path) => [
      ...mode(at(given, 'defaultMode'), `${path}.defaultMode`),
      ...listAt(given, 'items').flatMap((item) => downward(item, path)),
    ],
  ],
  ['projected', projected],
]

export function volumeErrors(spec: unknown, path: string): Errors {
  const names = new Set<string>()
  return each(spec, 'volumes', path, (volume, place) => {
    const set = sources.filter(([key]) => isObject(at(volume, key)))
    const found = set.flatMap(([key, check], index) =>
      index > 0
        ? [forbidden(`${place}.${key}`, 'may not specify more than 1 volume type')]
        : check(at(volume, key), `${place}.${key}`),
    )
    const name = text(volume, 'name')
    const wrong = name === '' ? [required(`${place}.name`, '')] : label(name, `${place}.name`)
    const isTwice = names.has(name)
    if (wrong.length === 0) names.add(name)
    return [...found, ...wrong, ...(wrong.length === 0 && isTwice ? [repeated(name, `${place}.name`)] : [])]
  })
}
