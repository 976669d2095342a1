import { sessionCrd } from '#reconcilers/agentic-session/crd.ts'
import type { projectSettingsCrd } from '#reconcilers/project/crd.ts'

/** A definition as one that lets anything pass, under which an installation before ours may have stored what it liked. */
export const schemalessCrd = (crd: typeof sessionCrd | typeof projectSettingsCrd = sessionCrd) => {
  const [version] = crd.spec.versions
  const { selectableFields: _, ...rest } = { selectableFields: undefined, ...version }
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return { ...crd, spec: { ...crd.spec, versions: [{ ...rest, schema: { openAPIV3Schema: anything } }] } }
}
