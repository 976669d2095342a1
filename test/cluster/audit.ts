import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

/** What the API server recorded of one request; the fields of `audit.k8s.io/v1` that tests ask about. */
export type AuditEvent = {
  readonly auditID: string
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic'
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> }
  readonly userAgent?: string
  readonly objectRef?: {
    readonly resource?: string
    readonly namespace?: string
    readonly name?: string
    readonly uid?: string
    readonly apiGroup?: string
    readonly apiVersion?: string
    readonly subresource?: string
  }
  readonly responseStatus?: { readonly code?: number; readonly reason?: string; readonly message?: string }
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** The Pod whose token asked. */
export const podOf = ({ user }: AuditEvent): string | undefined =>
  user.extra?.['authentication.kubernetes.io/pod-name']?.[0]

/** Block style on purpose: the API server takes a file that begins with `{` for JSON. */
export const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages:
- RequestReceived
rules:
- level: Metadata
`

/** Follows an audit log: each call reads only what was appended since the last, and returns all events so far. */
export function followAuditLog(file: string): () => readonly AuditEvent[] {
  const events: AuditEvent[] = []
  let offset = 0
  return () => {
    if (!existsSync(file)) return events
    const handle = openSync(file, 'r')
    const buffer = Buffer.alloc(fstatSync(handle).size - offset)
    readSync(handle, buffer, 0, buffer.length, offset)
    closeSync(handle)
    const end = buffer.lastIndexOf('\n') + 1 // a line still being written waits for the next call
    offset += end
    for (const line of buffer.subarray(0, end).toString('utf8').split('\n')) {
      if (line !== '') events.push(JSON.parse(line) as AuditEvent) // kube-apiserver wrote it
    }
    return events
  }
}
