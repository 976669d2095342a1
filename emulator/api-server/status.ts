import { aggregateOf, bodyOf } from '../schema/field-error.ts'
import type { Cause, FieldError, StatusDetails } from './types.ts'

/** Becomes a meta/v1 Status body. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined
  /** Where a list that has expired may go on. */
  readonly continueAt: string | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails, continueAt?: string) {
    // An answer, not a fault: where it was made interests nobody, and a stack costs more than the request.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
    this.continueAt = continueAt
  }

  withDetails(details: StatusDetails): StatusError {
    return new StatusError(this.code, this.reason, this.message, {
      ...details,
      ...(this.details?.causes && { causes: this.details.causes }),
    })
  }
}

export type Resource = { readonly group: string; readonly plural: string }

/** How the real server writes a resource in a message: `jobs.batch`, but `pods`. */
export const qualified = ({ group, plural }: Resource): string => (group === '' ? plural : `${plural}.${group}`)

const detailsOf = ({ group, plural }: Resource, name?: string): StatusDetails => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: plural,
})

export const notFound = (resource: Resource, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name))

export const alreadyExists = (resource: Resource, name: string, isGoing = false): StatusError =>
  new StatusError(
    409,
    'AlreadyExists',
    `${isGoing ? 'object is being deleted: ' : ''}${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  )

export const conflict = (resource: Resource, name: string, why: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  )

/** 409 of the store itself, which knows objects by their keys. */
export const storageConflict = (
  type: Resource & { readonly isCustom: boolean; readonly namespaced: boolean },
  { name, namespace = '' }: { readonly name: string; readonly namespace?: string },
  why: string,
): StatusError => {
  const group = type.isCustom ? `${type.group}/` : ''
  const key = `/registry/${group}${type.plural}/${type.namespaced ? `${namespace}/` : ''}${name}`
  const text = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${why}`
  return conflict(type, name, text)
}

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message)

/** 400 for a body that is no object of its kind. */
export const cannotHandle = (kind: string, version: string, why: string, given = kind): StatusError =>
  badRequest(`${given} in version "${version}" cannot be handled as a ${kind}: ${why}`)

export const forbidden = (resource: Resource, name: string, why: string, causes?: readonly Cause[]): StatusError =>
  new StatusError(403, 'Forbidden', `${qualified(resource)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    ...(causes && { causes }),
  })

export const expired = (message: string, continueAt?: string): StatusError =>
  new StatusError(410, 'Expired', message, undefined, continueAt)

export const methodNotAllowed = (): StatusError =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

/** Also for what exists in Kubernetes but not yet here; `what` names it. */
export const notImplemented = (what: string): StatusError =>
  new StatusError(501, 'NotImplemented', `the embedded control plane does not implement ${what}`)

/** 404 of a path under no served resource. */
export const noSuchPath = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

/** 422 with its causes; `group` and `kind` are the object's. */
export const invalid = (
  type: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError => {
  return new StatusError(
    422,
    'Invalid',
    `${type.group === '' ? type.kind : `${type.kind}.${type.group}`} "${name}" is invalid: ${aggregateOf(errors)}`,
    {
      ...(name && { name }),
      ...(type.group && { group: type.group }),
      ...(type.kind && { kind: type.kind }),
      causes: errors.map((error) => ({ reason: error.type, message: bodyOf(error), field: error.field })),
    },
  )
}

/** The body that the server answers. */
export const statusBody = ({ code, reason, message, details, continueAt }: StatusError): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: continueAt === undefined ? {} : { continue: continueAt },
  status: 'Failure',
  message,
  ...(reason && { reason }),
  ...(details && { details }),
  code,
})

/** What a DELETE answers where the object is gone at once. */
export const deletedStatus = ({ group, plural }: Resource, name: string, uid: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { ...detailsOf({ group, plural }, name), uid },
})
