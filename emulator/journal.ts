/** One thing that happened, for those who look on: a terminal, a transcript. */
export type Happening =
  | {
      readonly what: 'change'
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
      readonly resource: string
      readonly ref: string
      readonly resourceVersion: string
      readonly object: object
    }
  /** One attempt to bring an event to its subscriber, and how that ended: a status code, or 0 and the error. */
  | {
      readonly what: 'delivery'
      readonly trigger: string
      readonly event: string
      readonly type: string
      readonly subject: string
      readonly attempt: number
      readonly status: number
      readonly error?: string
      readonly ms: number
    }
  | {
      readonly what: 'dead letter'
      readonly trigger: string
      readonly event: string
      readonly type: string
      readonly subject: string
      readonly code: number
      readonly status: number
    }
  /** The source gave an event up: nobody gets it. */
  | {
      readonly what: 'lost event'
      readonly source: string
      readonly type: string
      readonly subject: string
      readonly why: string
    }
  /** An instance of a service or scaled workload begins, is ready, and has ended. */
  | {
      readonly what: 'instance'
      readonly workload: string
      readonly pod: string
      readonly state: 'starting' | 'ready' | 'ended'
      readonly isCold?: boolean
      readonly ms?: number
    }
  | {
      readonly what: 'scale'
      readonly workload: string
      readonly from: number
      readonly to: number
      readonly why: string
    }

export type Journal = (happening: Happening) => void
