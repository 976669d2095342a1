import type { AuditEvent } from '#test/cluster/audit.ts'

/** As the API server writes it, to the microsecond. */
const timestamp = (second: number): string => new Date(second * 1000).toISOString().replace('Z', '000Z')

/** For tests: a request of the node's, asked and answered in this second since 1970. */
export const anEvent = (second: number, differing: Partial<AuditEvent>): AuditEvent => ({
  auditID: '1',
  stage: 'ResponseComplete',
  verb: 'get',
  requestURI: '/',
  user: { username: 'system:node:dormouse' },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: timestamp(second),
  stageTimestamp: timestamp(second),
  ...differing,
})

/** A request of a workload of ours. */
export const asked = (second: number, name: string, differing: Partial<AuditEvent> = {}): AuditEvent =>
  anEvent(second, { user: { username: `system:serviceaccount:dormouse:${name}` }, ...differing })
