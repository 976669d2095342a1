import { type Kind, type KubernetesObject, type Live, managedNamespace } from '#sdk/index.ts'
import { bindingNameOf } from './binding-name.ts'
import { clusterRoleOf } from './cluster-roles.ts'
import {
  type Account,
  accountKind,
  type Binding,
  bindingKind,
  type LimitRange,
  limitRangeKind,
  RBAC,
  type RoleObject,
  roleKind,
} from './kinds.ts'
import { type GroupAccess, type ProjectSettings, projectSettingsKind } from './schema.ts'
import { entriesOf } from './settings-faults.ts'

export const TRIGGER = 'ambient-session-trigger'
export const LIMITS = 'ambient-default-limits'

/** Which condition speaks of a child. */
export type Part = 'groups' | 'trigger' | 'limits'

/** An object that a project should have. */
export type Child = {
  readonly part: Part
  readonly kind: Kind
  readonly object: KubernetesObject
  /** How a message names it. */
  readonly words: string
}

/** Marks what was made for a project: upstream's own label. */
export const childLabels = managedNamespace

/** What makes scheduled sessions makes, looks for and restarts them; nothing else. */
export const triggerVerbs = ['create', 'get', 'list', 'patch', 'update'] as const

const triggerRules = [{ apiGroups: ['vteam.ambient-code'], resources: ['agenticsessions'], verbs: [...triggerVerbs] }]

/** No number of ours is meant to be right for everybody: see `docs/projects.md`. */
const limits = [
  { type: 'Container', default: { cpu: '2', memory: '4Gi' }, defaultRequest: { cpu: '250m', memory: '256Mi' } },
]

/** All that a project should have, in the order in which it is made. Pure. */
export const childrenOf = (settings: Live<ProjectSettings>): readonly Child[] => {
  const { namespace, name, uid } = settings.metadata
  const { apiVersion, kind } = projectSettingsKind
  const metadataOf = (child: string) => ({
    name: child,
    namespace,
    labels: { ...childLabels },
    ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
  })
  const account: Account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadataOf(TRIGGER) }
  const role: RoleObject = {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: metadataOf(TRIGGER),
    rules: triggerRules,
  }
  const binding: Binding = {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: metadataOf(TRIGGER),
    roleRef: { apiGroup: RBAC, kind: 'Role', name: TRIGGER },
    subjects: [{ kind: 'ServiceAccount', name: TRIGGER, namespace }],
  }
  const limitRange: LimitRange = {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadataOf(LIMITS),
    spec: { limits },
  }
  const groupBinding = (access: GroupAccess): Binding => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: metadataOf(bindingNameOf(access)),
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: clusterRoleOf(access.role) },
    subjects: [{ apiGroup: RBAC, kind: 'Group', name: access.groupName }],
  })
  const trigger = (childKind: Kind, object: KubernetesObject): Child => ({
    part: 'trigger',
    kind: childKind,
    object,
    words: `${childKind.kind} ${TRIGGER}`,
  })
  return [
    ...entriesOf(settings).map(
      (access): Child => ({
        part: 'groups',
        kind: bindingKind,
        object: groupBinding(access),
        words: `group ${access.groupName} as ${access.role} (RoleBinding ${bindingNameOf(access)})`,
      }),
    ),
    trigger(accountKind, account),
    trigger(roleKind, role),
    trigger(bindingKind, binding),
    { part: 'limits', kind: limitRangeKind, object: limitRange, words: `LimitRange ${LIMITS}` },
  ]
}
