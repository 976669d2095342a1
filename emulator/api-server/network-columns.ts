import { age, column, numberAt, orNone, selectorText, wide } from './columns.ts'
import { at, listAt, textAt } from './json.ts'
import type { Column, KubeObject } from './types.ts'

const externalIp = (service: KubeObject): string => {
  const given = listAt(service, 'spec', 'externalIPs').map(String)
  const balanced = listAt(service, 'status', 'loadBalancer', 'ingress').map(
    (each) => textAt(each, 'ip') || textAt(each, 'hostname'),
  )
  switch (textAt(service, 'spec', 'type')) {
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName')
    case 'LoadBalancer':
      return [...balanced, ...given].join(',') || '<pending>'
    default:
      return orNone(given.join(','))
  }
}
const servicePorts = (service: KubeObject): string =>
  listAt(service, 'spec', 'ports')
    .map((each) => {
      const node = numberAt(each, 'nodePort')
      return `${textAt(each, 'port')}${node > 0 ? `:${node}` : ''}/${textAt(each, 'protocol')}`
    })
    .join(',')

const ingressHosts = (ingress: KubeObject): string => {
  const rules = listAt(ingress, 'spec', 'rules')
  const named = rules.map((each) => textAt(each, 'host')).filter((host) => host !== '')
  if (named.length === 0) return '*'
  const shown = named.slice(0, 3).join(',')
  return rules.length > 3 && named.length >= 3 ? `${shown} + ${rules.length - 3} more...` : shown
}

export const networkColumns: Readonly<Record<string, readonly Column[]>> = {
  Service: [
    column('Type', (object) => textAt(object, 'spec', 'type')),
    column('Cluster-IP', (object) =>
      orNone(String(listAt(object, 'spec', 'clusterIPs')[0] ?? textAt(object, 'spec', 'clusterIP'))),
    ),
    column('External-IP', externalIp),
    column('Port(s)', (object) => orNone(servicePorts(object))),
    age,
    wide('Selector', (object) => orNone(selectorText({ matchLabels: at(object, 'spec', 'selector') }))),
  ],
  Ingress: [
    column('Class', (object) => orNone(textAt(object, 'spec', 'ingressClassName'))),
    column('Hosts', ingressHosts),
    column('Address', (object) =>
      [
        ...new Set(
          listAt(object, 'status', 'loadBalancer', 'ingress').map(
            (each) => textAt(each, 'ip') || textAt(each, 'hostname'),
          ),
        ),
      ]
        .sort()
        .join(','),
    ),
    column('Ports', (object) => (listAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    age,
  ],
  NetworkPolicy: [column('Pod-Selector', (object) => orNone(selectorText(at(object, 'spec', 'podSelector')))), age],
}
