import { type Call, keyFor, tableOf } from './context.ts'
import { listAt, textAt, timestamp } from './json.ts'
import { conflict, invalid, notFound } from './status.ts'
import type { KubeObject } from './types.ts'

/** POST to pods/binding: puts the Pod on the node, whose existence nobody checks. */
export function bind(call: Call): object {
  const { core, type, info, request } = call
  const { name } = info
  const pod = core.store.get(tableOf(type), keyFor(call))
  if (!pod) throw notFound(type, name)
  const node = textAt(request.body, 'target', 'name')
  const kind = textAt(request.body, 'target', 'kind')
  if (kind !== '' && kind !== 'Node')
    throw invalid({ group: '', kind: 'Binding' }, name, [
      {
        type: 'FieldValueNotSupported',
        field: 'target.kind',
        badValue: kind,
        detail: 'supported values: "Node", "<empty>"',
      },
    ])
  if (node === '')
    throw invalid({ group: '', kind: 'Binding' }, name, [
      { type: 'FieldValueRequired', field: 'target.name', detail: '' },
    ])
  const uid = textAt(request.body, 'metadata', 'uid')
  const refuse = (why: string) => conflict({ group: '', plural: 'pods/binding' }, name, why)
  if (uid !== '' && uid !== pod.metadata.uid)
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`)
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  const before = textAt(pod, 'spec', 'nodeName')
  if (before !== '') throw refuse(`pod ${name} is already assigned to node "${before}"`)
  core.store.put(tableOf(type), keyFor(call), bound(pod, node, core.world.now()))
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}

const bound = (pod: KubeObject, nodeName: string, now: number): KubeObject => {
  const { generation: observedGeneration } = pod.metadata
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    ...(observedGeneration !== undefined && { observedGeneration }),
    lastProbeTime: null,
    lastTransitionTime: timestamp(now),
  }
  const others = listAt(pod, 'status', 'conditions').filter((each) => textAt(each, 'type') !== 'PodScheduled')
  const status = { ...(pod['status'] as object), conditions: [...others, scheduled] }
  return { ...pod, spec: { ...(pod['spec'] as object), nodeName }, status }
}
