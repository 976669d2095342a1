import { forbidden, invalid, required } from '../../schema/field-error.ts'
import { at, isObject, listAt } from '../json.ts'
import { among, type Errors, each, has, label, notFoundAt, portName, portNumber, repeated, text } from './checks.ts'
import { envErrors, envFromErrors } from './env.ts'
import { lifecycleErrors, probeErrors } from './probes.ts'
import { resourceErrors } from './resources.ts'
import { containerSecurityErrors } from './security.ts'
import { relativePath } from './volumes.ts'

function portErrors(container: unknown, path: string): Errors {
  const names = new Set<string>()
  return each(container, 'ports', path, (port, place) => {
    const name = text(port, 'name')
    const wrong = name === '' ? [] : portName(name, `${place}.name`)
    const isTwice = wrong.length === 0 && name !== '' && names.has(name)
    if (wrong.length === 0) names.add(name)
    const number = Number(at(port, 'containerPort') ?? 0)
    const onHost = Number(at(port, 'hostPort') ?? 0)
    return [
      ...wrong,
      ...(isTwice ? [repeated(name, `${place}.name`)] : []),
      ...(number === 0 ? [required(`${place}.containerPort`, '')] : portNumber(number, `${place}.containerPort`)),
      ...(onHost === 0 ? [] : portNumber(onHost, `${place}.hostPort`)),
      ...among(at(port, 'protocol'), `${place}.protocol`, ['SCTP', 'TCP', 'UDP']),
    ]
  })
}

function mountErrors(container: unknown, path: string, volumes: ReadonlySet<string>): Errors {
  const paths = new Set<string>()
  const shared = `${path}.volumeMounts`
  return each(container, 'volumeMounts', path, (mount, place) => {
    const name = text(mount, 'name')
    const mountPath = text(mount, 'mountPath')
    const subPath = text(mount, 'subPath')
    const expression = text(mount, 'subPathExpr')
    const isTwice = paths.has(mountPath)
    paths.add(mountPath)
    return [
      ...(name === '' ? [required(`${place}.name`, '')] : []),
      ...(volumes.has(name) ? [] : [notFoundAt(name, `${place}.name`)]),
      ...(mountPath === '' ? [required(`${place}.mountPath`, '')] : []),
      ...(isTwice ? [invalid(`${place}.mountPath`, mountPath, 'must be unique')] : []),
      ...(subPath === '' ? [] : relativePath(subPath, `${shared}.subPath`)),
      ...(expression !== '' && subPath !== ''
        ? [invalid(`${place}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive')]
        : expression === ''
          ? []
          : relativePath(expression, `${shared}.subPathExpr`)),
      ...among(at(mount, 'mountPropagation'), `${shared}.mountPropagation`, [
        'Bidirectional',
        'HostToContainer',
        'None',
      ]),
    ]
  })
}

export type PodView = {
  readonly volumes: ReadonlySet<string>
  readonly graceSeconds: number
  readonly isHostNetwork: boolean
}

function commonErrors(container: unknown, path: string, view: PodView): Errors {
  const name = text(container, 'name')
  const image = text(container, 'image')
  return [
    ...(name === '' ? [required(`${path}.name`, '')] : label(name, `${path}.name`)),
    ...(image === ''
      ? [required(`${path}.image`, '')]
      : image.trim() === image
        ? []
        : [invalid(`${path}.image`, image, 'must not have leading or trailing whitespace')]),
    ...among(at(container, 'terminationMessagePolicy'), `${path}.terminationMessagePolicy`, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...portErrors(container, path),
    ...envErrors(container, path),
    ...envFromErrors(container, path),
    ...mountErrors(container, path, view.volumes),
    ...among(at(container, 'imagePullPolicy'), `${path}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never']),
    ...resourceErrors(at(container, 'resources'), `${path}.resources`),
    ...containerSecurityErrors(at(container, 'securityContext'), `${path}.securityContext`),
  ]
}

const probes = (container: unknown, path: string, graceSeconds: number): Errors => [
  ...lifecycleErrors(at(container, 'lifecycle'), `${path}.lifecycle`, graceSeconds),
  ...(['liveness', 'readiness', 'startup'] as const).flatMap((kind) =>
    probeErrors(at(container, `${kind}Probe`), `${path}.${kind}Probe`, kind, graceSeconds),
  ),
]

/** Host ports are one namespace over all containers. */
function hostPortErrors(spec: unknown, path: string): Errors {
  const taken = new Set<string>()
  return each(spec, 'containers', path, (container, place) =>
    each(container, 'ports', place, (port, spot) => {
      const number = Number(at(port, 'hostPort') ?? 0)
      if (number === 0) return []
      const key = `${text(port, 'protocol')}/${text(port, 'hostIP')}/${number}`
      const isTwice = taken.has(key)
      taken.add(key)
      return isTwice ? [repeated(key, `${spot}.hostPort`)] : []
    }),
  )
}

const hostNetworkErrors = (spec: unknown, path: string, key: string): Errors =>
  each(spec, key, path, (container, place) =>
    each(container, 'ports', place, (port, spot) => {
      const onHost = Number(at(port, 'hostPort') ?? 0)
      return onHost !== Number(at(port, 'containerPort') ?? 0)
        ? [invalid(`${spot}.hostPort`, onHost, 'must match `containerPort` when `hostNetwork` is true')]
        : []
    }),
  )

export function containersErrors(spec: unknown, path: string, view: PodView): Errors {
  if (listAt(spec, 'containers').length === 0) return [required(`${path}.containers`, '')]
  const names = new Set<string>()
  const main = each(spec, 'containers', path, (container, place) => {
    const name = text(container, 'name')
    const isTwice = names.has(name)
    names.add(name)
    return [
      ...commonErrors(container, place, view),
      ...(isTwice ? [repeated(name, `${place}.name`)] : []),
      ...probes(container, place, view.graceSeconds),
      ...(has(container, 'restartPolicy')
        ? [forbidden(`${place}.restartPolicy`, 'may not be set for non-init containers')]
        : []),
    ]
  })
  return [
    ...main,
    ...hostPortErrors(spec, path),
    ...(view.isHostNetwork ? hostNetworkErrors(spec, path, 'containers') : []),
  ]
}

export function initContainersErrors(spec: unknown, path: string, view: PodView): Errors {
  const names = new Set(listAt(spec, 'containers').map((each) => text(each, 'name')))
  const found = each(spec, 'initContainers', path, (container, place) => {
    const name = text(container, 'name')
    const isSidecar = at(container, 'restartPolicy') === 'Always'
    const isTwice = names.has(name)
    names.add(name)
    const kept = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
    return [
      ...commonErrors(container, place, view),
      ...(isTwice ? [repeated(name, `${place}.name`)] : []),
      ...(isSidecar
        ? probes(container, place, view.graceSeconds)
        : kept.flatMap((key) =>
            isObject(at(container, key))
              ? [forbidden(`${place}.${key}`, 'may not be set for init containers without restartPolicy=Always')]
              : [],
          )),
      ...among(at(container, 'restartPolicy'), `${place}.restartPolicy`, ['Always']),
    ]
  })
  return [...found, ...(view.isHostNetwork ? hostNetworkErrors(spec, path, 'initContainers') : [])]
}
