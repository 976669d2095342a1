import { builtInType } from '../../patch/built-in-types.ts'
import type { FieldType } from '../../patch/types.ts'
import { isObject } from '../json.ts'
import { notImplemented } from '../status.ts'
import type { Json, KubeObject } from '../types.ts'

// By the type of emulator/patch/built-in-types.json: the fields that a validator has looked at, or that no rule of the
// real server is about. `*` are all of them. What is not here is refused when it is set, types that are not here whole:
// so nothing is accepted unseen, and a field that a newer Kubernetes brings is refused until somebody looks at it.
const accepted: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['Pod', 'Job', 'Deployment', 'Service', 'PersistentVolumeClaim', 'Secret', 'ConfigMap', 'ServiceAccount'],
      ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'Ingress', 'NetworkPolicy', 'LimitRange'],
      ...['ResourceQuota', 'Lease', 'Event2', 'Namespace', 'ObjectMeta', 'LabelSelector', 'LabelSelectorRequirement'],
      ...['PodTemplateSpec', 'LocalObjectReference', 'ObjectReference', 'EventSource', 'EventSeries2', 'PolicyRule'],
      ...['RoleRef', 'Subject', 'AggregationRule', 'LimitRangeSpec', 'LimitRangeItem', 'IngressRule', 'IngressTLS'],
      ...['IngressStatus', 'IngressLoadBalancerStatus', 'HTTPIngressRuleValue', 'HTTPIngressPath', 'IPBlock'],
      ...['IngressServiceBackend', 'ServiceBackendPort', 'IngressSpec', 'NetworkPolicySpec', 'NetworkPolicyPeer'],
      ...['NetworkPolicyPort', 'NetworkPolicyIngressRule', 'NetworkPolicyEgressRule', 'NamespaceSpec'],
      ...['NamespaceStatus', 'NamespaceCondition', 'JobStatus', 'JobCondition', 'UncountedTerminatedPods'],
      ...['PodFailurePolicy', 'PodFailurePolicyRule', 'PodFailurePolicyOnExitCodesRequirement'],
      ...['PodFailurePolicyOnPodConditionsPattern', 'DeploymentSpec', 'DeploymentStrategy', 'DeploymentStatus'],
      ...['RollingUpdateDeployment', 'DeploymentCondition', 'ResourceQuotaStatus', 'VolumeResourceRequirements'],
      ...['PersistentVolumeClaimCondition', 'SessionAffinityConfig', 'ClientIPConfig', 'ServiceStatus', 'Condition'],
      ...['LoadBalancerStatus', 'EnvVar', 'ConfigMapKeySelector', 'SecretKeySelector', 'ObjectFieldSelector'],
      ...['ResourceFieldSelector', 'EnvFromSource', 'ConfigMapEnvSource', 'SecretEnvSource', 'LifecycleHandler'],
      ...['ExecAction', 'HTTPGetAction', 'HTTPHeader', 'SleepAction', 'TCPSocketAction', 'Probe', 'Capabilities'],
      ...['SeccompProfile', 'HostAlias', 'PodReadinessGate', 'PodSchedulingGate', 'Toleration', 'KeyToPath'],
      ...['ConfigMapVolumeSource', 'SecretVolumeSource', 'HostPathVolumeSource', 'ConfigMapProjection'],
      ...['PersistentVolumeClaimVolumeSource', 'DownwardAPIVolumeSource', 'DownwardAPIVolumeFile'],
      ...['DownwardAPIProjection', 'SecretProjection', 'ServiceAccountTokenProjection', 'ProjectedVolumeSource'],
      ...['EmptyDirVolumeSource', 'PodCondition', 'ContainerState', 'ContainerStateRunning', 'PodIP', 'HostIP'],
      ...['ContainerStateTerminated', 'ContainerStateWaiting', 'VolumeMountStatus'],
      ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
      ...['MatchResources', 'NamedRuleWithOperations', 'MatchCondition', 'AdmissionVariable', 'AdmissionValidation'],
      ...['TypeChecking', 'ExpressionWarning'],
    ].map((type) => [type, '*']),
  ),
  // Nodes are written by the emulator's own node alone, and are looked at by no validator yet.
  ...Object.fromEntries(
    [
      ...['Node', 'NodeStatus', 'NodeAddress', 'NodeCondition', 'NodeDaemonEndpoints', 'DaemonEndpoint'],
      ...['NodeSystemInfo', 'Taint'],
    ].map((type) => [type, '*']),
  ),
  NodeSpec: 'podCIDR podCIDRs providerID taints unschedulable',
  ValidatingAdmissionPolicyStatus: 'observedGeneration typeChecking',
  ValidatingAdmissionPolicySpec: 'failurePolicy matchConditions matchConstraints validations variables',
  ValidatingAdmissionPolicyBindingSpec: 'matchResources policyName validationActions',
  LeaseSpec: 'acquireTime holderIdentity leaseDurationSeconds leaseTransitions renewTime',
  ResourceQuotaSpec: 'hard scopes',
  IngressBackend: 'service',
  JobSpec:
    'activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector maxFailedIndexes parallelism podFailurePolicy podReplacementPolicy selector suspend template ttlSecondsAfterFinished',
  PersistentVolumeClaimSpec: 'accessModes resources selector storageClassName volumeMode volumeName',
  PersistentVolumeClaimStatus: 'accessModes capacity conditions phase',
  ServiceSpec:
    'clusterIP clusterIPs externalName externalTrafficPolicy internalTrafficPolicy ipFamilies ipFamilyPolicy ports publishNotReadyAddresses selector sessionAffinity sessionAffinityConfig type',
  ServicePort: 'appProtocol name nodePort port protocol targetPort',
  PodSpec:
    'activeDeadlineSeconds automountServiceAccountToken containers dnsPolicy enableServiceLinks ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostname imagePullSecrets initContainers nodeName nodeSelector preemptionPolicy priority priorityClassName readinessGates restartPolicy schedulerName schedulingGates securityContext serviceAccount serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations volumes',
  Container:
    'args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources restartPolicy securityContext startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeMounts workingDir',
  EnvVarSource: 'configMapKeyRef fieldRef resourceFieldRef secretKeyRef',
  Lifecycle: 'postStart preStop',
  GRPCAction: 'port service',
  ContainerPort: 'containerPort hostIP hostPort name protocol',
  ResourceRequirements: 'limits requests',
  SecurityContext:
    'allowPrivilegeEscalation capabilities privileged procMount readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser seccompProfile',
  PodSecurityContext: 'fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seccompProfile supplementalGroups',
  VolumeMount: 'mountPath mountPropagation name readOnly subPath subPathExpr',
  Volume: 'configMap downwardAPI emptyDir hostPath name persistentVolumeClaim projected secret',
  VolumeProjection: 'configMap downwardAPI secret serviceAccountToken',
  PodStatus:
    'conditions containerStatuses hostIP hostIPs initContainerStatuses message nominatedNodeName observedGeneration phase podIP podIPs qosClass reason startTime',
  ContainerStatus: 'containerID image imageID lastState name ready restartCount started state volumeMounts',
}

const fieldsOf = new Map(Object.entries(accepted).map(([type, fields]) => [type, new Set(fields.split(' '))]))

/** Throws a 501 that names the first field for whose value nobody vouches. Ephemeral containers are refused as the real server does. `before` is stored: what is the very same value there was looked at. */
export function refuseUnseen(object: KubeObject, before?: KubeObject): void {
  const type = builtInType(object.apiVersion, object.kind)
  if (!type || object.kind === 'CustomResourceDefinition') return // emulator/schema looks at definitions
  const path = unseenIn(type.root, object, before)
  if (path !== undefined) throw notImplemented(`the field ${path.slice(1)} of ${object.kind}`)
}

/** As `.spec.containers[0].tty`. */
function unseenIn(type: FieldType | undefined, value: unknown, before: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || value === before) return undefined
  if (Array.isArray(value)) {
    const old: readonly unknown[] = Array.isArray(before) ? before : []
    for (let at = 0; at < value.length; at++) {
      const found = unseenIn(type?.list?.element, value[at], old[at])
      if (found !== undefined) return `[${at}]${found}`
    }
    return undefined
  }
  const map = type?.map
  if (!isObject(value) || !map?.name || map.name === 'ObjectMeta') return undefined
  const known = accepted[map.name] === '*' ? 'all' : fieldsOf.get(map.name)
  const old: Json = isObject(before) ? before : {}
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (item === old[key] || item === undefined || item === null || item === false || item === 0) continue
    // Through a pointer Go tells an empty text from none.
    if (item === '' && (known === 'all' || known?.has(key) || map.fields.get(key)?.isOmittedWhenZero)) continue
    if (key === 'ephemeralContainers') continue
    if (known !== 'all' && !known?.has(key)) return `.${key}`
    const found = unseenIn(map.fields.get(key)?.type, item, old[key])
    if (found !== undefined) return `.${key}${found}`
  }
  return undefined
}
