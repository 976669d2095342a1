import { checkPolicies } from './admission/policies.ts'
import type { Call } from './context.ts'
import { isDryRun, keyFor } from './context.ts'
import { remove } from './delete.ts'
import { at, isObject, listAt, textAt, timestamp } from './json.ts'
import { badRequest, conflict, notFound, StatusError } from './status.ts'
import type { Json, KubeObject } from './types.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})
const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

const bodyFor = (call: Call, kind: string): Json => {
  const { body } = call.request
  const name = textAt(body, 'metadata', 'name')
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${kind})`)
  if (name !== call.info.name) throw badRequest(`name in URL does not match name in ${kind} object`)
  return body
}

/** What policies say of what is asked of a Pod. */
function ask(
  call: Call,
  body: Json,
  kind: { readonly group: string; readonly version: string; readonly kind: string },
) {
  const { namespace = '', name } = call.info
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  const metadata = { ...record(body['metadata']), name, namespace }
  checkPolicies(call, { operation: 'CREATE', object: { ...body, apiVersion, kind: kind.kind, metadata }, kind })
}

/** POST to a Pod's `binding`: the scheduler's decision. */
export function bind(call: Call): object {
  const { core, info } = call
  const body = bodyFor(call, 'Binding')
  const kind = textAt(body, 'target', 'kind')
  const node = textAt(body, 'target', 'name')
  if (kind !== '' && kind !== 'Node')
    throw new StatusError(
      500,
      '',
      `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
    )
  if (node === '') throw new StatusError(500, '', 'target.name: Required value')
  ask(call, body, { group: '', version: 'v1', kind: 'Binding' })
  const pod = core.store.get('pods', keyFor(call))
  if (!pod) throw notFound(call.type, info.name)
  const refuse = (why: string): StatusError =>
    conflict({ group: '', plural: 'pods/binding' }, info.name, `pod ${info.name} ${why}`)
  const uid = textAt(body, 'metadata', 'uid')
  if (uid !== '' && uid !== pod.metadata.uid)
    throw conflict(
      { group: '', plural: 'pods/binding' },
      info.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    )
  if (pod.metadata.deletionTimestamp) throw refuse('is being deleted, cannot be assigned to a host')
  const before = textAt(pod, 'spec', 'nodeName')
  if (before !== '') throw refuse(`is already assigned to node "${before}"`)
  if (listAt(pod, 'spec', 'schedulingGates').length > 0) throw refuse('has non-empty .spec.schedulingGates')
  if (isDryRun(call)) return success
  core.store.put('pods', keyFor(call), bound(pod, node, timestamp(core.world.now()), record(at(body, 'metadata'))))
  return success
}

const bound = (pod: KubeObject, nodeName: string, now: string, given: Json): KubeObject => {
  const status = record(pod['status'])
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now }
  const others = listAt(status, 'conditions').filter((each) => at(each, 'type') !== 'PodScheduled')
  const annotations = { ...pod.metadata.annotations, ...(record(given['annotations']) as Record<string, string>) }
  const metadata = Object.keys(annotations).length > 0 ? { ...pod.metadata, annotations } : pod.metadata
  return {
    ...pod,
    metadata,
    spec: { ...record(pod['spec']), nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  }
}

/** POST to a Pod's `eviction`. There are no PodDisruptionBudgets here: it is a deletion that says why. */
export function evict(call: Call): object {
  const { info, request } = call
  const body = bodyFor(call, 'Eviction')
  const options = record(body['deleteOptions'])
  ask(call, body, { group: 'policy', version: 'v1', kind: 'Eviction' })
  const { store, world } = call.core
  const pod = store.get('pods', keyFor(call))
  if (!pod) throw notFound(call.type, info.name)
  if (!isDryRun(call) && listAt(options, 'dryRun').length === 0)
    store.put('pods', keyFor(call), disrupted(pod, timestamp(world.now())))
  remove({ ...call, info: { ...info, subresource: '' }, request: { ...request, body: options } }, 'given')
  return success
}

/** As `pkg/registry/core/pod/storage/eviction.go` does, whatever phase the Pod is in; no manager owns it. */
const disrupted = (pod: KubeObject, now: string): KubeObject => {
  const type = 'DisruptionTarget'
  const others = listAt(pod, 'status', 'conditions').filter((each) => at(each, 'type') !== type)
  const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }
  const condition = { type, status: 'True', lastProbeTime: null, lastTransitionTime: now, ...why }
  return { ...pod, status: { ...record(pod['status']), conditions: [...others, condition] } }
}
