import { labelFaults, pathSegmentFaults } from '../../schema/names.ts'
import type { KubeObject } from '../types.ts'
import { admissionBindingErrors, admissionPolicyErrors } from './admission-policy.ts'
import type { Errors } from './checks.ts'
import { claimErrors } from './claim.ts'
import { configMapErrors, secretErrors } from './config.ts'
import { deploymentErrors } from './deployment.ts'
import { jobErrors } from './job.ts'
import { ingressErrors, networkPolicyErrors } from './network.ts'
import { nodeErrors } from './node.ts'
import { podErrors } from './pod.ts'
import { limitRangeErrors, quotaErrors } from './quotas.ts'
import { bindingErrors, roleErrors } from './rbac.ts'
import { serviceErrors } from './service.ts'
import { eventErrors, leaseErrors, namespaceErrors } from './small-kinds.ts'

/** `subresource` is that of the write: `''`, `status`, `finalize`. */
export type Validate = (object: KubeObject, old?: KubeObject, subresource?: string) => Errors

const notOnStatus =
  (check: (object: KubeObject, old?: KubeObject) => Errors): Validate =>
  (object, old, subresource = '') =>
    subresource === 'status' ? [] : check(object, old)

export const validators: Readonly<Record<string, Validate>> = {
  Pod: podErrors,
  Job: jobErrors,
  Deployment: deploymentErrors,
  ConfigMap: configMapErrors,
  Secret: secretErrors,
  PersistentVolumeClaim: claimErrors,
  Service: notOnStatus(serviceErrors),
  Ingress: notOnStatus(ingressErrors),
  NetworkPolicy: networkPolicyErrors,
  LimitRange: limitRangeErrors,
  ResourceQuota: quotaErrors,
  Lease: leaseErrors,
  Event: eventErrors,
  Namespace: namespaceErrors,
  Node: nodeErrors,
  Role: roleErrors,
  ClusterRole: roleErrors,
  RoleBinding: bindingErrors,
  ClusterRoleBinding: bindingErrors,
  ValidatingAdmissionPolicy: admissionPolicyErrors,
  ValidatingAdmissionPolicyBinding: admissionBindingErrors,
}

export const nameFaults: Readonly<Record<string, (name: string) => readonly string[]>> = {
  Namespace: labelFaults,
  Service: labelFaults,
  Role: pathSegmentFaults,
  ClusterRole: pathSegmentFaults,
  RoleBinding: pathSegmentFaults,
  ClusterRoleBinding: pathSegmentFaults,
  Event: pathSegmentFaults,
}
