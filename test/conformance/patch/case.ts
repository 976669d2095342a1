import type { JsonObject } from '#emulator/patch/types.ts'

export type Step = {
  /** `update` is a PUT of what was read with `body` merged into it. */
  readonly verb: 'create' | 'update' | 'json' | 'merge' | 'strategic' | 'apply'
  /** `''` for none. */
  readonly manager?: string
  readonly force?: boolean
  readonly subresource?: 'status'
  readonly body: unknown
  /** More than a second passes before it, so that times can be seen to move. */
  readonly later?: boolean
}

export type Kind = 'ConfigMap' | 'Widget' | 'Thing' | 'Deployment' | 'Service' | 'Job' | 'Pod' | 'Role' | 'Namespace'

export type Case = { readonly name: string; readonly kind: Kind; readonly steps: readonly Step[] }

export type Answer =
  | { readonly code: number; readonly object: JsonObject }
  | { readonly code: number; readonly message: string; readonly reason: string; readonly causes: readonly JsonObject[] }

/** One step as the real API server answered it. */
export type Recorded = { readonly before?: JsonObject; readonly now: number; readonly answer: Answer }

export const nameOf = ({ name }: { readonly name: string }): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 50)
    .replace(/-$/, '')

export type Fields = { readonly metadata?: JsonObject; readonly [field: string]: unknown }

const apiVersions: Readonly<Record<Kind, string>> = {
  ConfigMap: 'v1',
  Service: 'v1',
  Pod: 'v1',
  Namespace: 'v1',
  Job: 'batch/v1',
  Deployment: 'apps/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  Widget: 'patch.conformance.test/v1',
  Thing: 'patch.conformance.test/v1',
}

/** `steps` gets a function that makes an object of the case's name. */
export function aCase(
  kind: Kind,
  name: string,
  steps: (object: (fields?: Fields) => JsonObject) => readonly Step[],
): Case {
  const object = ({ metadata = {}, ...fields }: Fields = {}) => ({
    apiVersion: apiVersions[kind],
    kind,
    metadata: { name: nameOf({ name }), ...metadata },
    ...fields,
  })
  return { name, kind, steps: steps(object) }
}
