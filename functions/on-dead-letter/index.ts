import { ignoredJob } from '#reconcilers/agentic-session/ignored-job.ts'
import { ignoredSession } from '#reconcilers/agentic-session/ignored-session.ts'
import { factsOf, jobKind } from '#reconcilers/agentic-session/job.ts'
import { sessionKind } from '#reconcilers/agentic-session/schema.ts'
import { ignoredNamespace, ignoredSettings } from '#reconcilers/project/ignored.ts'
import { namespaceKind } from '#reconcilers/project/kinds.ts'
import { PROJECT_SETTINGS, projectSettingsKind } from '#reconcilers/project/schema.ts'
import { about, defineFunction, onDeadLetter, refOf } from '#sdk/index.ts'

const name = 'on-dead-letter'

/** Woken by events that could not be delivered to the others: writes on the session or project that each is about what happened. */
export default defineFunction({
  name,
  on: [{ deadLetters: true }],
  access: [
    { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions', verbs: ['get'] },
    { apiGroup: 'vteam.ambient-code', resource: 'agenticsessions/status', verbs: ['patch'] },
    { apiGroup: 'vteam.ambient-code', resource: 'projectsettings', verbs: ['get'] },
    { apiGroup: 'vteam.ambient-code', resource: 'projectsettings/status', verbs: ['patch'] },
    { apiGroup: '', resource: 'events', verbs: ['create', 'patch'] },
  ],
  handle: onDeadLetter(
    sessionKind,
    [
      about(sessionKind, {
        // Recording is a change too, and while the function stays down its event comes back here: without this, for ever.
        ignore: (change) => (change.object.status?.deadLetters ? 'AlreadyTold' : ignoredSession(change)),
        subject: ({ object }) => ({ ref: refOf(object), uid: object.metadata.uid }),
      }),
      about(jobKind, { ignore: ignoredJob, subject: ({ object }) => factsOf(object).owner }),
      about(projectSettingsKind, {
        ignore: (change) => (change.object.status?.deadLetters ? 'AlreadyTold' : ignoredSettings(change)),
        subject: ({ change, object }) => ({
          ref: refOf(object),
          // What is deleted is made again, and told of there.
          uid: change === 'delete' ? undefined : object.metadata.uid,
        }),
        on: projectSettingsKind,
      }),
      about(namespaceKind, {
        ignore: ignoredNamespace,
        subject: ({ object }) => ({ ref: { namespace: object.metadata.name, name: PROJECT_SETTINGS } }),
        on: projectSettingsKind,
      }),
    ],
    name,
  ),
})
