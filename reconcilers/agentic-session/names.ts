import type { Live } from '#sdk/index.ts'
import type { AgenticSession } from './schema.ts'

/** Longest names: of a Service, which is a label of DNS, and of most other things. */
const LABEL = 63
const SUBDOMAIN = 253

/**
 * Upstream's name for a child, `<prefix><session><suffix>`. One that its kind does not take is cut, and ends in the first 8 digits of the
 * session's uid, so that it is nobody else's.
 */
const childName = (
  prefix: string,
  { metadata: { name, uid } }: Live<AgenticSession>,
  { suffix = '', most = SUBDOMAIN }: { readonly suffix?: string; readonly most?: number } = {},
): string => {
  const readable = most === LABEL ? name.replaceAll('.', '-') : name
  const whole = prefix + readable + suffix
  if (readable === name && whole.length <= most) return whole
  const end = `-${uid.slice(0, 8)}${suffix}`
  return (prefix + readable).slice(0, most - end.length).replace(/[-.]+$/, '') + end
}

/** The names of what a session has beside its Jobs. Pure. */
export const namesOf = (session: Live<AgenticSession>) => ({
  service: childName('session-', session, { most: LABEL }),
  networkPolicy: childName('session-', session),
  account: childName('ambient-session-', session),
  role: childName('ambient-session-', session, { suffix: '-role' }),
  roleBinding: childName('ambient-session-', session, { suffix: '-rb' }),
  secret: childName('ambient-runner-token-', session),
  workspace: childName('ambient-workspace-', session),
})
