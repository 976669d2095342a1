import { age, column, orNone, wide } from './columns.ts'
import { at, listAt, textAt } from './json.ts'
import type { Column, KubeObject } from './types.ts'

const nodeStatus = (node: KubeObject): string => {
  const ready = listAt(node, 'status', 'conditions').find((each) => at(each, 'type') === 'Ready')
  const known = at(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return `${ready === undefined ? 'Unknown' : known}${at(node, 'spec', 'unschedulable') === true ? ',SchedulingDisabled' : ''}`
}
const role = 'node-role.kubernetes.io/'
const nodeRoles = ({ metadata: { labels = {} } }: KubeObject): string =>
  orNone(
    Object.entries(labels)
      .flatMap(([key, value]) =>
        key.startsWith(role) ? [key.slice(role.length)] : key === 'kubernetes.io/role' ? [value] : [],
      )
      .filter((each) => each !== '')
      .sort()
      .join(','),
  )
const address =
  (type: string) =>
  (node: KubeObject): string =>
    orNone(
      textAt(
        listAt(node, 'status', 'addresses').find((each) => at(each, 'type') === type),
        'address',
      ),
    )
const nodeInfo = (node: KubeObject, key: string): string => textAt(node, 'status', 'nodeInfo', key)

export const nodeColumns: Readonly<Record<string, readonly Column[]>> = {
  Node: [
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    age,
    column('Version', (object) => nodeInfo(object, 'kubeletVersion')),
    wide('Internal-IP', address('InternalIP')),
    wide('External-IP', address('ExternalIP')),
    wide('OS-Image', (object) => nodeInfo(object, 'osImage') || '<unknown>'),
    wide('Kernel-Version', (object) => {
      const architecture = nodeInfo(object, 'architecture')
      return `${nodeInfo(object, 'kernelVersion') || '<unknown>'}${architecture && ` (${architecture})`}`
    }),
    wide('Container-Runtime', (object) => nodeInfo(object, 'containerRuntimeVersion') || '<unknown>'),
  ],
}
