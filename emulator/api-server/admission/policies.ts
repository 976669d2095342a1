import { apiVersionOf, type Call, type Core, isDryRun } from '../context.ts'
import { asStored } from '../defaults/as-stored.ts'
import { at, listAt, textAt } from '../json.ts'
import { forbidden, StatusError } from '../status.ts'
import type { Json, KubeObject } from '../types.ts'
import { celValue } from './policy-expression.ts'
import { type Asked, matchedBy } from './policy-match.ts'
import { type Denial, programOf } from './policy-program.ts'

const group = 'admissionregistration.k8s.io'
const POLICIES = `validatingadmissionpolicies.${group}`
const BINDINGS = `validatingadmissionpolicybindings.${group}`

/** What a request would do. `kind` is that of the objects where it is not the resource's. */
export type Deed = Pick<Asked, 'operation'> & {
  readonly object?: KubeObject | undefined
  readonly old?: KubeObject | undefined
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string }
}

/** Throws what the ValidatingAdmissionPolicies say of a request, and leaves their warnings. */
export function checkPolicies(call: Call, deed: Deed): void {
  const { core, type } = call
  if (core.store.count(BINDINGS) === 0 || type.group === group) return
  const asked = askedOf(call, deed)
  const bound = boundPolicies(core)
  const denied = bound.flatMap(({ policy, bindings }) => deniedBy(call, deed, asked, policy, bindings))
  const [first] = denied
  if (first) throw first
}

function askedOf({ core, type, info }: Call, { operation, object, old }: Deed): Asked {
  const own = (object ?? old)?.metadata.name ?? ''
  const name = info.verb === 'deletecollection' ? '' : info.name || own
  const isNewNamespace = operation === 'CREATE' && type.plural === 'namespaces' && type.group === ''
  const namespace = isNewNamespace ? name : (info.namespace ?? '')
  return { core, type, subresource: info.subresource, operation, name, namespace, object, old }
}

type Bound = { readonly policy: KubeObject; readonly bindings: readonly KubeObject[] }

function boundPolicies({ store }: Core): readonly Bound[] {
  const bindings = store.list(BINDINGS, '') ?? []
  return (store.list(POLICIES, '') ?? []).flatMap((policy) => {
    const own = bindings.filter((each) => textAt(each, 'spec', 'policyName') === policy.metadata.name)
    return own.length === 0 ? [] : [{ policy, bindings: own }]
  })
}

function deniedBy(
  call: Call,
  deed: Deed,
  asked: Asked,
  policy: KubeObject,
  bindings: readonly KubeObject[],
): readonly StatusError[] {
  const matched = matchedBy(at(policy, 'spec', 'matchConstraints'), asked)
  if (!matched) return []
  let denials: readonly Denial[] | undefined
  return bindings.flatMap((binding) => {
    const resources = at(binding, 'spec', 'matchResources')
    if (resources !== undefined && !matchedBy(resources, asked)) return []
    denials ??= programOf(policy)(inputOf(call, deed, asked, matched.version))
    return denials.flatMap((denial) => consequences(call, asked, { policy, binding }, denial))
  })
}

function consequences(
  { type, warnings }: Call,
  { name, object }: Asked,
  { policy, binding }: { readonly policy: KubeObject; readonly binding: KubeObject },
  { message, reason }: Denial,
): readonly StatusError[] {
  const actions = listAt(binding, 'spec', 'validationActions')
  const which = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
  const warning = `Validation failed for ${which}: ${message}`
  if (actions.includes('Warn') && !warnings.includes(warning)) warnings.push(warning)
  if (!actions.includes('Deny')) return []
  const text = `${which} denied request: ${message}`
  const { message: whole, details } = forbidden(type, name || object?.metadata.name || 'Unknown', text)
  const causes = [{ message: text }]
  return [new StatusError(codes[reason] ?? 422, reason || 'Invalid', whole, { ...details, causes })]
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, RequestEntityTooLarge: 413 }

function inputOf(call: Call, { kind, operation, object, old }: Deed, asked: Asked, version: string) {
  const { type, request, info, core } = call
  const { name, namespace } = asked
  const seen = (each: KubeObject | undefined): unknown => {
    if (!each) return null
    const stored = kind ? each : asStored(call, each).stored
    const isOther = type.isCustom && version !== type.version
    return celValue(isOther ? { ...stored, apiVersion: apiVersionOf({ ...type, version }) } : stored)
  }
  const own = kind ?? { group: type.group, version: type.version, kind: type.kind }
  const resource = { group: type.group, version: type.version, resource: type.plural }
  const sub = info.subresource
  const user = request.user
  const isNamespace = type.plural === 'namespaces' && type.group === ''
  const about: Json = {
    kind: kind ?? { ...own, version },
    resource: { ...resource, version },
    ...(sub !== '' && { subResource: sub, requestSubResource: sub }),
    requestKind: own,
    requestResource: resource,
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid && { uid: user.uid }),
      ...(user.groups.length > 0 && { groups: user.groups }),
      ...(user.extra && Object.keys(user.extra).length > 0 && { extra: user.extra }),
    },
    dryRun: isDryRun(call),
  }
  const around = namespace === '' || isNamespace ? undefined : core.store.get('namespaces', namespace)
  return { object: seen(object), oldObject: seen(old), request: about, namespace: around }
}
