import type { FieldError } from '../schema/field-error.ts'
import type { World } from '../world.ts'
import type { Literals } from './decode-faults.ts'

/** What the rooms of the emulator share. Plain JSON everywhere; nothing in here does anything. */

export type Json = { readonly [key: string]: unknown }

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type ManagedFields = {
  readonly manager?: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time?: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: Json
  readonly subresource?: string
}

export type Meta = {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFields[]
}

export type KubeObject = { readonly apiVersion: string; readonly kind: string; readonly metadata: Meta } & Json

export type User = {
  readonly name: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/**
 * One request, already off the wire and authenticated. Header names are lower case. `path` has its query. Parts of `body` are stored as
 * they are: it must not be changed any more.
 */
export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The fields that the body's text names twice. */
  readonly duplicates?: readonly string[]
  readonly literals?: Literals
  /** Instead of a body: a text that is no JSON, and why. */
  readonly malformed?: { readonly text: string; readonly fault: string }
  readonly user: User
}

export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: Json
}

/** A watch that runs. Events come in `deliver`, in order, those already there at once; `close` ends it from outside. */
export type WatchStream = {
  /** To be called once. `end` is told when the server ends the watch. */
  readonly start: (deliver: (event: WatchEvent) => void, end: () => void) => void
  readonly close: () => void
  /** When the server is to end the watch by itself: the caller owns the clock and calls `close` then. */
  readonly timeoutSeconds?: number
}

/** Text that is still being written. */
export type TextStream = {
  /** To be called once, after the body is written. `end` is told when there is no more. */
  readonly start: (write: (text: string) => void, end: () => void) => void
  readonly close: () => void
}

export type Response =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: unknown
      /** What comes after a body that is a text. */
      readonly more?: TextStream
    }
  | { readonly status: 200; readonly headers: Readonly<Record<string, string>>; readonly watch: WatchStream }

/** One entry of a Status body's `details.causes`. */
export type Cause = { readonly reason?: string; readonly message?: string; readonly field?: string }

export type StatusDetails = {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Cause[]
  readonly retryAfterSeconds?: number
}

export type { FieldError }

/** One column of a Table, as in `additionalPrinterColumns`; built-ins compute theirs. */
export type Column = {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly cell: (object: KubeObject, now: number) => unknown
}

/** The shape that a structural OpenAPI v3 schema has; see emulator/schema. */
export type Schema = Json

export type Subresource =
  | 'status'
  | 'scale'
  | 'finalize'
  | 'token'
  | 'eviction'
  | 'binding'
  | 'log'
  | 'ephemeralcontainers'

/** One served resource in one version, built in or by a CRD. */
export type ResourceType = {
  /** '' for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly subresources: readonly Subresource[]
  /** In discovery's words. */
  readonly verbs: readonly string[]
  readonly columns: readonly Column[]
  /** Structural schema: of a CRD what validates, prunes and defaults; of a built-in list types and merge keys only. */
  readonly schema?: Schema
  readonly isCustom: boolean
  /** What the real server warns of with every answer. */
  readonly deprecation?: string
  /** Where a custom object keeps what its Scale shows, keys separated by dots. */
  readonly scalePaths?: { readonly replicas: string; readonly current: string; readonly selector?: string }
  /** The apiVersions of a CRD's other served versions. */
  readonly alsoVersions?: readonly string[]
  /** The version that is stored, of a CRD with several. */
  readonly storageVersion?: string
  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly selectable: Readonly<Record<string, (object: KubeObject) => string>>
  /** Whether metadata.generation is kept. */
  readonly hasGeneration: boolean
  /** Whether changes of the object (outside metadata and status) bump the generation. */
  readonly generationOf?: (object: KubeObject) => unknown
  /** PUT makes a missing object. */
  readonly allowsCreateOnUpdate: boolean
  /** PUT without metadata.resourceVersion is taken. */
  readonly allowsUnconditionalUpdate: boolean
  /** DELETE answers the object and not a Status, also without finalizers. */
  readonly returnsDeletedObject: boolean
  readonly defaultPropagation: 'Background' | 'Orphan'
  readonly prepareForCreate?: (object: KubeObject, world: World) => KubeObject
  readonly prepareForUpdate?: (object: KubeObject, old: KubeObject, world: World) => KubeObject
  /** What decoding fills in, of a new object and of a changed one; not in a spec that is the very same as in `old`. */
  readonly setDefaults?: (object: KubeObject, old?: KubeObject) => KubeObject
  readonly validate?: (object: KubeObject, old?: KubeObject, subresource?: string) => readonly FieldError[]
  /** What is wrong with a name; of a subdomain by default. */
  readonly nameFaults?: (name: string) => readonly string[]
}
