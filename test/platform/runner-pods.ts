import { settings } from '#test/ports.ts'
import { ownImages } from './installation.ts'
import type { Manifest } from './manifests.ts'

/** A label of the namespaces whose runners are bent as `RUNNER_FAULT` says. */
export const BENT = { 'example.com/runners': 'bent' } as const

/** A command that no image has. */
export const NO_COMMAND = '/no/such/command'
/** An image that nobody has. */
const NO_IMAGE = 'platform.test/no-such-image:1'

const apiVersion = 'admissionregistration.k8s.io/v1'
const CONTAINER = '/spec/containers/0'

/**
 * What this cluster does to Pods of sessions, as its administrators might: little requests, since the node has two processors and each runner asks
 * for half of one; a memory limit that is reached before the machine suffers; and the faults that no environment variable can make.
 */
export const bentRunners: readonly Manifest[] = [
  {
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: 'bent-runners' },
    spec: {
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      matchConstraints: {
        namespaceSelector: { matchLabels: BENT },
        objectSelector: { matchLabels: { 'app.kubernetes.io/managed-by': 'dormouse' } },
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      variables: [
        {
          name: 'faults',
          expression: "object.spec.containers[0].env.filter(e, e.name == 'RUNNER_FAULT').map(e, e.value)",
        },
      ],
      mutations: [
        jsonPatch(`[
          JSONPatch{op: "replace", path: "${CONTAINER}/resources/requests/cpu", value: "100m"},
          JSONPatch{op: "replace", path: "${CONTAINER}/resources/requests/memory", value: "48Mi"},
          JSONPatch{op: "replace", path: "${CONTAINER}/resources/limits/memory", value: "160Mi"}]`),
        // What a scenario calls the runner in a Job that it makes by hand.
        jsonPatch(`object.spec.containers[0].image == '${settings.runnerImage}' ? [
          JSONPatch{op: "replace", path: "${CONTAINER}/image", value: "${ownImages()['sample-runner']}"},
          JSONPatch{op: "replace", path: "${CONTAINER}/imagePullPolicy", value: "IfNotPresent"}] : []`),
        onFault('Unschedulable', 'add', '/spec/nodeSelector', '{"example.com/no-such-node": "true"}'),
        onFault('ImagePullBackOff', 'replace', `${CONTAINER}/image`, `"${NO_IMAGE}"`),
        onFault('NoCommand', 'add', `${CONTAINER}/command`, `["${NO_COMMAND}"]`),
      ],
    },
  },
  {
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: 'bent-runners' },
    spec: { policyName: 'bent-runners' },
  },
]

function jsonPatch(expression: string) {
  return { patchType: 'JSONPatch', jsonPatch: { expression } }
}

function onFault(fault: string, op: string, path: string, value: string) {
  return jsonPatch(`'${fault}' in variables.faults ? [JSONPatch{op: "${op}", path: "${path}", value: ${value}}] : []`)
}
