import { StatusError } from '../api-server/status.ts'

export type Cause = { readonly reason?: string; readonly message: string; readonly field?: string }

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message)

/** The real server's answer for an error that it gives no code. */
export const internal = (message: string): StatusError => new StatusError(500, '', message)

/** To be answered 501: `what` names it. */
export const notImplemented = (what: string): StatusError =>
  new StatusError(501, 'NotImplemented', `the embedded control plane does not implement ${what}`)

/** The real server keeps the cause to itself. */
export const unprocessable = (): StatusError =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

export const tooLarge = (message: string): StatusError =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`)
