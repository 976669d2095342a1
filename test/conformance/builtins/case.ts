/** One request. `path` follows `/`; `{ns}` in it is the group's namespace. */
export type Step = {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** Instead of a body: what goes over the wire as it is. */
  readonly text?: string
  readonly type?: string
  /** Who asks, by name; else a member of system:masters. */
  readonly as?: string
  /** How long the real server's controllers are given beforehand. */
  readonly settleMs?: number
}

/** Steps in a namespace of their own, in order; `setup` is not compared. */
export type Group = {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly setup?: readonly Step[]
  readonly steps: readonly Step[]
}

/** `{ns}` stays where the masks of `mask.ts` put it. */
export type Answer = { readonly status: number; readonly warning?: string; readonly body: unknown }

const roots: Readonly<Record<string, string>> = {
  deployments: 'apis/apps/v1',
  jobs: 'apis/batch/v1',
  leases: 'apis/coordination.k8s.io/v1',
  ingresses: 'apis/networking.k8s.io/v1',
  networkpolicies: 'apis/networking.k8s.io/v1',
  roles: 'apis/rbac.authorization.k8s.io/v1',
  rolebindings: 'apis/rbac.authorization.k8s.io/v1',
  clusterroles: 'apis/rbac.authorization.k8s.io/v1',
  clusterrolebindings: 'apis/rbac.authorization.k8s.io/v1',
  validatingadmissionpolicies: 'apis/admissionregistration.k8s.io/v1',
  validatingadmissionpolicybindings: 'apis/admissionregistration.k8s.io/v1',
}
const clusterWide = [
  ...['namespaces', 'clusterroles', 'clusterrolebindings'],
  ...['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
]

export const pathOf = (plural: string, rest = ''): string =>
  `${roots[plural] ?? 'api/v1'}/${clusterWide.includes(plural) ? '' : 'namespaces/{ns}/'}${plural}${rest}`

type Json = Readonly<Record<string, unknown>>
type Changes = readonly (string | unknown)[]

/** A copy with values set at paths such as `spec.ports[0].name`; `undefined` removes. `[path, value, path, value]` */
export function changed(base: unknown, changes: Changes): Json {
  const copy = structuredClone(base) as Json
  for (let index = 0; index < changes.length; index += 2) put(copy, String(changes[index]), changes[index + 1])
  return copy
}

function put(root: object, path: string, value: unknown): void {
  const keys = path.match(/\[[^\]]+\]|[^.[\]]+/g)?.map((key) => key.replace(/^\[|\]$/g, '')) ?? []
  let at = root as Record<string, unknown>
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {}
    at = at[key] as Record<string, unknown>
  }
  const last = keys.at(-1) ?? ''
  if (value === undefined) delete at[last]
  else at[last] = value
}

const label = (changes: Changes): string => {
  const pairs = changes.flatMap((each, index) =>
    index % 2 === 1 ? [] : [`${String(each)} = ${JSON.stringify(changes[index + 1])}`],
  )
  const text = pairs.join(', ')
  return text.length > 140 ? `${text.slice(0, 130)}…${text.length}` : text
}

/** Creations of variations of one object, as dry runs. */
export const creations = (plural: string, base: Json, variations: readonly Changes[]): readonly Step[] =>
  variations.map((changes) => ({
    name: `create ${plural}: ${label(changes)}`,
    method: 'POST',
    path: pathOf(plural, '?dryRun=All'),
    body: changed(base, changes),
  }))

/** Merge patches of one stored object, as dry runs. */
export const changesOf = (plural: string, name: string, variations: readonly Changes[], sub = ''): readonly Step[] =>
  variations.map((changes) => ({
    name: `change ${plural} ${name}${sub}: ${label(changes)}`,
    method: 'PATCH',
    path: pathOf(plural, `/${name}${sub}?dryRun=All`),
    type: 'application/merge-patch+json',
    body: changed(
      {},
      changes.map((each, index) => (index % 2 === 1 && each === undefined ? null : each)),
    ),
  }))

export const post = (plural: string, body: unknown, more: Partial<Step> = {}): Step => ({
  name: `post ${plural}: ${String((body as { metadata?: { name?: string } }).metadata?.name)}`,
  method: 'POST',
  path: pathOf(plural),
  body,
  ...more,
})

/** With names that are different: the second `read` is `read #2`. */
export function keyed(steps: readonly Step[]): readonly (readonly [string, Step])[] {
  const seen = new Map<string, number>()
  return steps.map((step) => {
    const count = (seen.get(step.name) ?? 0) + 1
    seen.set(step.name, count)
    return [count === 1 ? step.name : `${step.name} #${count}`, step]
  })
}
