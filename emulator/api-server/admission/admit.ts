import { type Call, isDryRun } from '../context.ts'
import { equal } from '../json.ts'
import { invalid } from '../status.ts'
import type { KubeObject } from '../types.ts'
import { podSecurityLabelErrors } from '../validation/small-kinds.ts'
import { aggregateRoles } from './aggregation.ts'
import { checkEscalation } from './escalation.ts'
import { checkLimits, withDefaultLimits } from './limit-ranger.ts'
import { withPriority, withTolerations } from './pod-defaults.ts'
import { podSecurity } from './pod-security.ts'
import { checkPolicies } from './policies.ts'
import { chargeQuotas, settleQuota } from './quotas.ts'
import { withServiceAccount } from './service-account.ts'

const isPod = ({ type, info }: Call): boolean => type.kind === 'Pod' && type.group === '' && info.subresource === ''

/** What the admission of the real server changes in a decoded object, before it is validated. */
export function mutated(call: Call, object: KubeObject, old?: KubeObject): KubeObject {
  if (!isPod(call)) return object
  if (old) return withTolerations(object)
  const limited = withDefaultLimits(call.core, object)
  return withTolerations(withPriority(withServiceAccount(call.core, limited)))
}

/** What admission refuses in a valid object. The answer is to be called when the object is stored. */
export function admitted(call: Call, object: KubeObject, old?: KubeObject): (stored: KubeObject) => void {
  const { core, type, info, warnings } = call
  const ask = (): void => checkPolicies(call, { operation: old ? 'UPDATE' : 'CREATE', object, old })
  if (type.isCustom || info.subresource !== '') {
    if (info.subresource !== 'scale') ask() // what policies see there is the Scale
    return info.subresource === '' || type.isCustom ? charged(call, object, old) : () => undefined
  }
  checkEscalation(call, object, old)
  const isClaim = type.kind === 'PersistentVolumeClaim'
  if ((isPod(call) && !old) || isClaim) checkLimits(core, object, type.plural)
  if (type.kind === 'Namespace') {
    const errors = podSecurityLabelErrors(object)
    if (errors.length > 0) throw invalid(type, object.metadata.name ?? '', errors)
  } else warnings.push(...podSecurity(core, object, old))
  ask()
  return charged(call, object, old)
}

function charged(call: Call, object: KubeObject, old?: KubeObject): (stored: KubeObject) => void {
  const { core, type } = call
  const counts = type.namespaced && (!old || type.kind === 'PersistentVolumeClaim')
  const charge = counts ? chargeQuotas(core, type, object, old) : () => undefined
  return (stored) => {
    if (isDryRun(call)) return
    charge()
    if (type.kind === 'ResourceQuota' && !(old && equal(old['spec'], stored['spec']))) settleQuota(core, stored)
    if (type.kind === 'ClusterRole') aggregateRoles(core)
  }
}
