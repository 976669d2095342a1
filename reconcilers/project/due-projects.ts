import { isIdle, type Live, labelSelectorOf, managedNamespace, type Ports, type Ref, refOf } from '#sdk/index.ts'
import { accountKind, bindingKind, limitRangeKind, roleKind, type Standing } from './kinds.ts'
import { planProject } from './plan.ts'
import { PROJECT_SETTINGS, type ProjectSettings } from './schema.ts'

type Projects = {
  readonly managed: ReadonlySet<string>
  readonly terminating: ReadonlySet<string>
  readonly settings: ReadonlyMap<string, Live<ProjectSettings>>
}

const selector = labelSelectorOf(managedNamespace)

const PAGE_SIZE = 200

/**
 * The projects that a plan would write something for, as far as lists can tell; each is then reconciled from the live objects. Costs four
 * lists of what is marked as made for projects, and no request per project.
 */
export async function* dueProjects(
  { cluster, now, settings: ofPlatform }: Ports,
  projects: Promise<Projects>,
): AsyncGenerator<Ref> {
  const { managed, terminating, settings } = await projects
  const children = new Map<string, Live[]>([...settings.keys()].map((namespace) => [namespace, []]))
  for (const kind of [accountKind, roleKind, bindingKind, limitRangeKind]) {
    for await (const child of cluster.list(kind, { labelSelector: selector, pageSize: PAGE_SIZE }))
      children.get(child.metadata.namespace)?.push(child)
  }
  const standingOf = (namespace: string): Standing =>
    terminating.has(namespace) ? 'terminating' : managed.has(namespace) ? 'managed' : 'unmanaged'

  for (const [namespace, object] of settings) {
    const observed = { standing: standingOf(namespace), found: children.get(namespace) ?? [] }
    if (isDue(() => isIdle(planProject({ object, observed, now: now(), settings: ofPlatform }), object)))
      yield refOf(object)
  }
  for (const namespace of managed)
    if (!settings.has(namespace) && !terminating.has(namespace)) yield { namespace, name: PROJECT_SETTINGS }
}

/** One that no plan can be made for must not end the sweep. Reconciling it says what is wrong with it. */
const isDue = (isAtRest: () => boolean): boolean => {
  try {
    return !isAtRest()
  } catch {
    return true
  }
}
