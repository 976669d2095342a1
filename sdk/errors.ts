/** Trying again unchanged may help. Everything that is not a `PermanentError` is treated like this. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError'
}

/** Only a changed input helps. `reason` is a PascalCase word from a closed set: it becomes a metric label. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError'
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The object changed since it was read, or exists already: read again. */
export class ConflictError extends TransientError {
  override readonly name = 'ConflictError'
}

/** The object that a write was for is gone. Reads say so by `undefined`. */
export class NotFoundError extends TransientError {
  override readonly name = 'NotFoundError'
}

/** Our credentials may not do this, or are not accepted: an operator has to mend it. */
export class ForbiddenError extends TransientError {
  override readonly name = 'ForbiddenError'
}

/** A list's continue token is too old. `continueToken`, if there is one, goes on with a slightly newer state. */
export class GoneError extends TransientError {
  override readonly name = 'GoneError'
  readonly continueToken: string | undefined

  constructor(message: string, continueToken?: string) {
    super(message)
    this.continueToken = continueToken
  }
}

/** The API server asked for a pause longer than the client waits by itself. */
export class ThrottledError extends TransientError {
  override readonly name = 'ThrottledError'
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No answer: refused, reset, timed out, or 5xx. A write may have been carried out all the same. */
export class UnreachableError extends TransientError {
  override readonly name = 'UnreachableError'
}

/** Why an object could not be made: its content, a quota, a namespace that is being deleted, or a name that somebody else's object has. */
export type RefusalReason = 'Invalid' | 'QuotaExceeded' | 'NamespaceTerminating' | 'NameTaken'

/** The API server read the object and would not take it. Unchanged it never will (`Invalid`), or not now. */
export class RefusedError extends PermanentError {
  override readonly name = 'RefusedError'
  declare readonly reason: RefusalReason

  constructor(reason: RefusalReason, message: string) {
    super(reason, message)
  }
}
