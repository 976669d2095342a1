import type { PersistentVolumeClaim, Secret, Service, ServiceAccount } from 'kubernetes-types/core/v1.js'
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js'
import type { Role, RoleBinding } from 'kubernetes-types/rbac/v1.js'
import { type Ensure, ensure, type Kind, type KubernetesObject, type Live, type Settings } from '#sdk/index.ts'
import { SESSION_UID } from './job.ts'
import { namesOf } from './names.ts'
import type { Profile } from './profile-schema.ts'
import { type AgenticSession, sessionKind } from './schema.ts'
import { PORT_NAME } from './started-with.ts'

/*
 * What a session has beside its Jobs, as its profile asks for it. All of it is made before the Job, so that a runner never starts without, and
 * belongs to the session, so that it goes with it and outlives an attempt.
 */

type Made<T> = KubernetesObject & Omit<T, 'apiVersion' | 'kind' | 'metadata'>

const core = <T>(kind: string, plural: string): Kind<Made<T>> => ({
  apiVersion: 'v1',
  kind,
  plural,
  scope: 'Namespaced',
})
const rbac = <T>(kind: string, plural: string): Kind<Made<T>> => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  plural,
  scope: 'Namespaced',
})

export const secretKind = core<Secret>('Secret', 'secrets')
export const claimKind = core<PersistentVolumeClaim>('PersistentVolumeClaim', 'persistentvolumeclaims')
export const serviceKind = core<Service>('Service', 'services')
export const accountKind = core<ServiceAccount>('ServiceAccount', 'serviceaccounts')
export const roleKind = rbac<Role>('Role', 'roles')
export const roleBindingKind = rbac<RoleBinding>('RoleBinding', 'rolebindings')
export const networkPolicyKind: Kind<Made<NetworkPolicy>> = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  scope: 'Namespaced',
}

/** The key of the session secret that the backend shows to the runner. */
export const AGUI_TOKEN = 'agui-token'

/** The attempt that a session secret was drawn for. */
const ATTEMPT = 'ambient-code.io/attempt'

/** What a runner may do with its own session. The functions hold all that they give, or they could not: see `access.ts`. */
export const OWN_SESSION = ['get', 'list', 'watch', 'patch', 'update'] as const

/**
 * What upstream's backend asks of whoever comes with a runner's token: it lets nobody at a namespace who may not list the sessions there, and
 * makes the session that an agent wants for a part of its work in the name of its runner.
 */
export const SESSIONS_OF_NAMESPACE = [...OWN_SESSION, 'create'] as const

/** A label's value ends at 63 characters, a session's name at 253. */
export const labelOf = (name: string): string => name.slice(0, 63).replace(/[-.]+$/, '')

/** Without blockOwnerDeletion: setting it takes a permission on the owner's finalizers. */
export const ownerOf = ({ metadata: { name, uid } }: Live<AgenticSession>) => ({
  apiVersion: sessionKind.apiVersion,
  kind: sessionKind.kind,
  name,
  uid,
  controller: true,
})

type Meta = {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

const metadataFor = (session: Live<AgenticSession>, { name, labels, annotations }: Meta) => ({
  name,
  namespace: session.metadata.namespace,
  labels: { ...labels, 'agentic-session': labelOf(session.metadata.name) },
  ...(annotations && { annotations }),
  ownerReferences: [ownerOf(session)],
})

/** In the order in which they are made. Pure. */
export const childrenOf = (
  session: Live<AgenticSession>,
  attempt: number,
  { profile, settings }: { readonly profile: Profile; readonly settings: Settings },
): readonly Ensure[] => [
  ...(profile.workspace?.persistent ? [claimOf(session, profile.workspace)] : []),
  ...(profile.identity ? identityOf(session, profile, profile.identity) : []),
  ...(profile.port === undefined
    ? []
    : [sessionSecretOf(session, attempt), serviceOf(session, profile.port), policyOf(session, profile.port, settings)]),
]

/** A claim cannot be changed once it is made, so that a profile's change is for sessions to come. */
const claimOf = (session: Live<AgenticSession>, workspace: NonNullable<Profile['workspace']>): Ensure => {
  const { size, storageClassName, accessMode = 'ReadWriteOnce' } = workspace
  const claim = {
    apiVersion: claimKind.apiVersion,
    kind: claimKind.kind,
    metadata: metadataFor(session, { name: namesOf(session).workspace, labels: { app: 'ambient-workspace' } }),
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: size } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  }
  return ensure(claimKind, claim, { keep: ['spec'] })
}

const identityOf = (
  session: Live<AgenticSession>,
  { port }: Profile,
  { rules = [] }: NonNullable<Profile['identity']>,
): readonly Ensure[] => {
  const { account, role, roleBinding, secret } = namesOf(session)
  const { name, namespace } = session.metadata
  const labels = { app: 'ambient-runner' }
  const userId = session.spec?.userContext?.userId
  return [
    ensure(accountKind, {
      apiVersion: accountKind.apiVersion,
      kind: accountKind.kind,
      metadata: metadataFor(session, {
        name: account,
        labels,
        ...(userId !== undefined && { annotations: { 'ambient-code.io/created-by-user-id': userId } }),
      }),
      automountServiceAccountToken: false,
    }),
    ensure(roleKind, {
      apiVersion: roleKind.apiVersion,
      kind: roleKind.kind,
      metadata: metadataFor(session, { name: role, labels }),
      rules: [
        {
          apiGroups: ['vteam.ambient-code'],
          resources: ['agenticsessions'],
          resourceNames: [name],
          verbs: [...OWN_SESSION],
        },
        ...(port === undefined
          ? []
          : [{ apiGroups: [''], resources: ['secrets'], resourceNames: [secret], verbs: ['get'] }]),
        ...(structuredClone(rules) as NonNullable<Role['rules']>),
      ],
    }),
    ensure(
      roleBindingKind,
      {
        apiVersion: roleBindingKind.apiVersion,
        kind: roleBindingKind.kind,
        metadata: metadataFor(session, { name: roleBinding, labels }),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      },
      { keep: ['roleRef'] },
    ),
  ]
}

/** Drawn anew for each attempt: whoever knew the token of the one before does not know this one's. */
const sessionSecretOf = (session: Live<AgenticSession>, attempt: number): Ensure => {
  const secret = {
    apiVersion: secretKind.apiVersion,
    kind: secretKind.kind,
    metadata: metadataFor(session, {
      name: namesOf(session).secret,
      labels: { app: 'ambient-runner-token' },
      annotations: { [ATTEMPT]: String(attempt) },
    }),
    type: 'Opaque',
  }
  return ensure(secretKind, secret, { random: [AGUI_TOKEN], keep: ['type'], countedBy: ATTEMPT })
}

const serviceOf = (session: Live<AgenticSession>, port: number): Ensure =>
  ensure(serviceKind, {
    apiVersion: serviceKind.apiVersion,
    kind: serviceKind.kind,
    metadata: metadataFor(session, { name: namesOf(session).service, labels: { app: 'ambient-code' } }),
    spec: {
      type: 'ClusterIP',
      selector: { [SESSION_UID]: session.metadata.uid },
      ports: [{ name: PORT_NAME, port, targetPort: port, protocol: 'TCP' }],
    },
  })

/** The backend talks to the runner, and so do we: of changes to its session. */
const policyOf = (session: Live<AgenticSession>, port: number, { backendNamespace, namespace }: Settings): Ensure =>
  ensure(networkPolicyKind, {
    apiVersion: networkPolicyKind.apiVersion,
    kind: networkPolicyKind.kind,
    metadata: metadataFor(session, {
      name: namesOf(session).networkPolicy,
      labels: { 'ambient-code.io/managed-by': 'operator' },
    }),
    spec: {
      podSelector: { matchLabels: { [SESSION_UID]: session.metadata.uid } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [...new Set([backendNamespace, namespace])].map((name) => ({
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
          })),
          ports: [{ protocol: 'TCP', port }],
        },
      ],
    },
  })
