import { sessionAccess } from '#reconcilers/agentic-session/access.ts'
import { dueSessions } from '#reconcilers/agentic-session/due-sessions.ts'
import { mistakesIn } from '#reconcilers/agentic-session/profile-mistakes.ts'
import { agenticSession } from '#reconcilers/agentic-session/reconciler.ts'
import { projectAccess } from '#reconcilers/project/access.ts'
import { ignoredNamespace, ignoredSettings } from '#reconcilers/project/ignored.ts'
import { namespaceKind, standingOf } from '#reconcilers/project/kinds.ts'
import { project } from '#reconcilers/project/reconciler.ts'
import { PROJECT_SETTINGS, projectSettingsKind } from '#reconcilers/project/schema.ts'
import {
  defineFunction,
  managedNamespace,
  type Outcome,
  onChange,
  oneOf,
  type Ports,
  reconcileAll,
  refOf,
  settled,
} from '#sdk/index.ts'

/** The sessions that a namespace had before it was looked after: no event tells of them. */
const sessionsIn = async (namespace: string, ports: Ports): Promise<Outcome> => {
  const { cluster } = ports
  if (standingOf(await cluster.get(namespaceKind, { namespace: '', name: namespace })) !== 'managed')
    return settled('NotManaged')
  const settings = await cluster.get(projectSettingsKind, { namespace, name: PROJECT_SETTINGS })
  const projects = {
    namespace,
    managed: new Set([namespace]),
    settings: new Map(settings ? [[namespace, settings]] : []),
  }
  return reconcileAll(agenticSession, dueSessions(ports, projects), ports)
}

/** Woken when a namespace gets or loses the label, and when ProjectSettings are made, changed or deleted. */
export default defineFunction({
  name: 'on-project-event',
  on: [{ changes: namespaceKind, labels: managedNamespace }, { changes: projectSettingsKind }],
  access: [
    ...projectAccess,
    ...sessionAccess,
    { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions', verbs: ['list'] },
  ],
  mistakesIn,
  handle: oneOf(
    onChange(namespaceKind, project, {
      ignore: ignoredNamespace,
      target: ({ object }) => ({ namespace: object.metadata.name, name: PROJECT_SETTINGS }),
      also: ({ object }, ports) => sessionsIn(object.metadata.name, ports),
    }),
    onChange(projectSettingsKind, project, { ignore: ignoredSettings, target: ({ object }) => refOf(object) }),
  ),
})
