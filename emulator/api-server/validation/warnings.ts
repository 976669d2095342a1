import { at, isObject, listAt, textAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { amountOf, isWholeQuantity, quantityText } from './quantity.ts'

/** What the real server warns of in a valid object. Pure. */
export function warningsOf(object: KubeObject, old?: KubeObject): readonly string[] {
  switch (object.kind) {
    case 'Pod':
      return old ? [] : podWarnings(object['spec'], 'spec')
    case 'Job':
    case 'Deployment':
      return podWarnings(at(object, 'spec', 'template', 'spec'), 'spec.template.spec')
    case 'Service':
      return textAt(object, 'spec', 'externalName') !== '' && textAt(object, 'spec', 'type') !== 'ExternalName'
        ? ['spec.externalName is ignored when spec.type is not "ExternalName"']
        : []
    case 'Ingress':
      return object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined && !old
        ? ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead']
        : []
    case 'Secret':
      return textAt(object, 'type') === 'kubernetes.io/tls' && !isPem(at(object, 'data', 'tls.crt'))
        ? ['tls: failed to find any PEM data in certificate input']
        : []
    case 'ValidatingAdmissionPolicy':
    case 'ValidatingAdmissionPolicyBinding':
      return object.metadata.name?.endsWith('.static.k8s.io')
        ? [
            'metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API',
          ]
        : []
    default:
      return []
  }
}

const isPem = (data: unknown): boolean =>
  Buffer.from(String(data ?? ''), 'base64')
    .toString()
    .includes('-----BEGIN ')

function podWarnings(spec: unknown, path: string): readonly string[] {
  const secrets = listAt(spec, 'imagePullSecrets').flatMap((each, index) =>
    textAt(each, 'name') === '' ? [`${path}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
  )
  const empty = listAt(spec, 'volumes').flatMap((volume) => {
    const sources = at(volume, 'projected', 'sources')
    const isBare = Array.isArray(sources) && sources.every((each) => !isObject(each) || Object.keys(each).length === 0)
    return isBare ? [`volume ${JSON.stringify(textAt(volume, 'name'))} (Projected) has no sources provided`] : []
  })
  const containers = ['initContainers', 'containers'].flatMap((key) =>
    listAt(spec, key).flatMap((each, index) => containerWarnings(each, `${path}.${key}[${index}]`)),
  )
  return [...secrets, ...empty, ...containers]
}

function containerWarnings(container: unknown, path: string): readonly string[] {
  const env = new Set<string>()
  const ports: string[] = []
  const repeated = listAt(container, 'env').flatMap((each, index) => {
    const name = textAt(each, 'name')
    const isTwice = env.has(name)
    env.add(name)
    return isTwice
      ? [
          `${path}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ]
      : []
  })
  const twice = listAt(container, 'ports').flatMap((port, index) => {
    const key = ['containerPort', 'protocol', 'hostIP', 'hostPort'].map((each) => textAt(port, each)).join('/')
    const first = ports.indexOf(key)
    const onHost = textAt(port, 'hostIP') !== '' && !at(port, 'hostPort')
    const shown = `{Name:${textAt(port, 'name')} HostPort:0 ContainerPort:${textAt(port, 'containerPort')} Protocol:${textAt(port, 'protocol')} HostIP:${textAt(port, 'hostIP')}}`
    const unused = onHost ? [`${path}.ports[${index}]: hostIP set without hostPort: ${shown}`] : []
    ports.push(key)
    const twin = `${path}.ports[${index}]: duplicate port definition with ${path}.ports[${first}]`
    return first < 0 ? unused : [...unused, twin]
  })
  const fractions = ['limits', 'requests'].flatMap((key) =>
    ['memory', 'ephemeral-storage'].flatMap((name) => {
      const amount = amountOf(at(container, 'resources', key, name))
      return isWholeQuantity(amount)
        ? []
        : [
            `${path}.resources.${key}[${name}]: fractional byte value ${JSON.stringify(quantityText(amount))} is invalid, must be an integer`,
          ]
    }),
  )
  return [...repeated, ...twice, ...fractions]
}
