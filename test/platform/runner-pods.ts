import { settings } from '#test/ports.ts'
import { ownImages } from './installation.ts'
import type { Manifest } from './manifests.ts'
import { SECOND_NODE_NAME } from './node-files.ts'
import { SECOND_NODE_TAINT } from './second-node.ts'

/** A label of the namespaces whose runners are bent as `RUNNER_FAULT` says. */
export const BENT = { 'example.com/runners': 'bent' } as const

/** A command that no image has. */
export const NO_COMMAND = '/no/such/command'
/** An image that nobody has. */
const NO_IMAGE = 'platform.test/no-such-image:1'

const LATE_IMAGE = 'platform.test/late:'
/** An image that the node is given while Pods of a namespace wait for it. */
export const lateImageFor = (namespace: string): string => LATE_IMAGE + namespace
const IS_LATE = "object.spec.containers[0].env.exists(e, e.name == 'RUNNER_PULL_SECONDS')"
/** A Secret that nobody has. */
export const NO_SECRET = 'no-such-secret'
const NO_CONFIG = `Object.spec.containers.env{name: "KEY", valueFrom: Object.spec.containers.env.valueFrom{
  secretKeyRef: Object.spec.containers.env.valueFrom.secretKeyRef{name: "${NO_SECRET}", key: "key"}}}`

const FILL_DISK = "require('fs').writeFileSync('/workspace/much', Buffer.alloc(2 ** 23)); setInterval(() => {}, 1000)"

const ON_SECOND_NODE = `{"kubernetes.io/hostname": "${SECOND_NODE_NAME}"}`

const ANYWAY = `Object.spec.tolerations{key: "${SECOND_NODE_TAINT}", operator: "Exists"}`
// The first that fits is the one that counts: it goes before what admission adds to every Pod.
const BRIEFLY = `Object.spec.tolerations{key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5}`

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
        onFault(
          'ImagePullBackOff',
          'replace',
          `${CONTAINER}/image`,
          `${IS_LATE} ? "${LATE_IMAGE}" + object.metadata.namespace : "${NO_IMAGE}"`,
        ),
        onFault('NoCommand', 'add', `${CONTAINER}/command`, `["${NO_COMMAND}"]`),
        onFault('NoConfig', 'add', `${CONTAINER}/env/-`, NO_CONFIG),
        onFault('FullDisk', 'add', `${CONTAINER}/resources/limits/ephemeral-storage`, '"1Mi"'),
        onFault('FullDisk', 'add', `${CONTAINER}/command`, `["/nodejs/bin/node", "-e", "${FILL_DISK}"]`),
        ...['SecondNode', 'SecondNodeBriefly'].flatMap((fault) => [
          onFault(fault, 'add', '/spec/nodeSelector', ON_SECOND_NODE),
          onFault(fault, 'add', '/spec/tolerations/-', ANYWAY),
        ]),
        onFault('SecondNodeBriefly', 'add', '/spec/tolerations/0', BRIEFLY),
        onFault('SecondNodeBriefly', 'replace', '/spec/terminationGracePeriodSeconds', '5'),
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
