import { type KubernetesObject, type Live, managedNamespace } from '#sdk/index.ts'
import { NOW } from '#test/ports.ts'
import { childrenOf } from './children.ts'
import type { Observed } from './observe.ts'
import { planProject } from './plan.ts'
import { type GroupAccess, PROJECT_SETTINGS, type ProjectSettings, type ProjectStatus } from './schema.ts'
import { managedStatus } from './status.ts'

type ProjectFixture = {
  readonly groups?: readonly GroupAccess[]
  readonly uid?: string
  readonly generation?: number
  readonly isDeleting?: boolean
  readonly status?: ProjectStatus
}

/** ProjectSettings as the API server returns them, of `team-a`. */
export const aProject = ({
  groups = [],
  uid = '9d1c5a30-7a52-4b1e-8a56-2f0c6f3f7d01',
  generation = 1,
  isDeleting,
  status,
}: ProjectFixture = {}): Live<ProjectSettings> => ({
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'ProjectSettings',
  metadata: {
    name: PROJECT_SETTINGS,
    namespace: 'team-a',
    uid,
    resourceVersion: '1',
    generation,
    ...(isDeleting && { deletionTimestamp: '2026-03-01T11:59:00Z' }),
  },
  spec: { groupAccess: groups as { groupName: string; role: GroupAccess['role'] }[] },
  ...(status && { status }),
})

/** All that such a project should have, as the API server returns it. */
export const childrenAsMade = (project: Live<ProjectSettings>): readonly Live[] =>
  childrenOf(project).map(({ object }, index) => alive(object, `child-${index}`))

/** An object as the API server returns it. */
export const alive = <T extends KubernetesObject>(object: T, uid: string): Live<T> => ({
  ...object,
  metadata: { namespace: 'team-a', ...object.metadata, uid, resourceVersion: '1' },
})

/** The status of a project that has everything. */
export const readyStatus = (project: Live<ProjectSettings>): ProjectStatus =>
  managedStatus(project, { states: childrenOf(project).map((child) => ({ child })), stale: [], faults: [], now: NOW })

export const aNamespace = (name = 'team-a', labels: Readonly<Record<string, string>> = managedNamespace) =>
  ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, namespace: '', labels } }) satisfies KubernetesObject

export const plan = (
  object: Live<ProjectSettings>,
  found: readonly Live[],
  standing: Observed['standing'] = 'managed',
) => planProject({ object, observed: { standing, found }, now: NOW, settings: undefined as never })

/** `verb Kind/name` of each action. */
export const actionsOf = ({ actions = [] }: ReturnType<typeof plan>): readonly string[] =>
  actions.map((action) => {
    if (action.verb === 'annotate' || action.verb === 'unannotate') return action.verb
    const { name } = 'object' in action ? action.object.metadata : action.ref
    return `${action.verb} ${action.kind.kind}/${name}`
  })
