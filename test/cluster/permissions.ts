import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { loadFunction } from '#runtime/functions.ts'
import type { Access } from '#sdk/index.ts'
import type { AuditEvent } from './audit.ts'
import { ROOT } from './installation.ts'

/** Everything of ours that has a role. */
export const FUNCTIONS = [
  'on-dead-letter',
  'on-job-event',
  'on-project-event',
  'on-session-event',
  'timeout-sweeper',
] as const

/** What Knative asks of the account of an ApiServerSource before it starts its adapter, which then lists and watches. */
export const GRANTED_TO_SOURCE = [
  ' namespaces',
  'batch jobs',
  'vteam.ambient-code agenticsessions',
  'vteam.ambient-code projectsettings',
]
  .flatMap((resource) => ['get', 'list', 'watch'].map((verb) => `${verb} ${resource}`))
  .sort()

/** What it takes to end by force what a node holds up: used only where one hangs. */
export const DELETE_POD = 'delete  pods'

const userOf = (name: string): string => `system:serviceaccount:dormouse:${name}`

export const isOf = (name: string, { user }: AuditEvent): boolean => user.username === userOf(name)

export const isOurs = ({ user }: AuditEvent): boolean => FUNCTIONS.some((name) => user.username === userOf(name))

export const isOfOperator = ({ user }: AuditEvent): boolean => user.username === userOf('operator')

/** Of the functions, of the account that the adapter of our source runs with, and of the always-on host. */
export const isOfOurAccounts = ({ user }: AuditEvent): boolean =>
  [...FUNCTIONS, 'source', 'operator'].some((name) => user.username === userOf(name))

/** What the roles in the rendered manifest grant, as `verb group resource`. */
export const grantedTo = (name: string): readonly string[] => {
  const elsewhere: Readonly<Record<string, string>> = {
    source: 'eventing/source.yaml',
    operator: 'always-on/operator.yaml',
  }
  const file = elsewhere[name] ?? join('functions', name, 'manifest.yaml')
  const documents = parseAllDocuments(readFileSync(join(ROOT, file), 'utf8'))
  type Role = { kind: string; rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] }
  const roles = documents.map((document) => document.toJS() as Role).filter(({ kind }) => /^(Cluster)?Role$/.test(kind))
  return roles
    .flatMap(({ rules }) => rules)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group} ${resource}`)),
      ),
    )
    .sort()
}

/** What it holds for no other reason than to give it to runners. */
export const heldToGrant = async (name: string): Promise<readonly string[]> => {
  const { access } = await loadFunction(name)
  const inWords = (verbsOf: (rule: Access) => readonly string[]) =>
    access.flatMap((rule) => verbsOf(rule).map((verb) => `${verb} ${rule.apiGroup} ${rule.resource}`))
  const used = inWords(({ verbs }) => verbs)
  return inWords(({ toGrant = [] }) => toGrant).filter((granted) => !used.includes(granted))
}

/** What was asked for in its name, in the same words. */
export const usedBy = (name: string, events: readonly AuditEvent[]): readonly string[] => {
  const used = events
    .filter(({ user }) => user.username === userOf(name))
    .map(({ verb, objectRef }) =>
      [verb, objectRef?.apiGroup ?? '', [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/')].join(
        ' ',
      ),
    )
  return [...new Set(used)].sort()
}

/** From the end of an API server to when the next one said that it was ready, in ms since 1970. */
export type Restart = { readonly from: number; readonly until: number }

/**
 * The messages of the requests of ours that were refused. An API server that comes up answers, and says it is ready, before it has read all
 * roles: what it refuses until ten seconds after that does not count.
 */
export const refusalsOf = (events: readonly AuditEvent[], restarts: readonly Restart[]): readonly string[] =>
  events.flatMap((event) => {
    const { code, message = '' } = event.responseStatus ?? {}
    const received = Date.parse(event.requestReceivedTimestamp)
    const isOfRestart = restarts.some(({ from, until }) => received >= from && received < until + 10_000)
    return isOfOurAccounts(event) && code === 403 && !isAdmission(message) && !isOfRestart ? [message] : []
  })

/** Quotas and policies refuse the content of a request, not its sender. */
const isAdmission = (message: string): boolean => /quota|denied request/.test(message)

/**
 * What of a function's role has to be used. on-project-event may have to do for a session whatever on-session-event does, which has to show it
 * for both.
 */
export const usable = async (name: string, events: readonly AuditEvent[]): Promise<readonly string[]> => {
  const used = usedBy(name, events)
  const shown = name === 'on-project-event' ? grantedTo('on-session-event') : []
  const spared = [...(await heldToGrant(name)), ...shown].filter((each) => !used.includes(each))
  return grantedTo(name).filter((each) => !spared.includes(each))
}
