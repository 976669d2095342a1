import type { Core } from '../context.ts'
import { equal, isObject, listAt } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { selects } from '../validation/checks.ts'

const ROLES = 'clusterroles.rbac.authorization.k8s.io'

/** Gives each ClusterRole with an aggregationRule the rules of those it selects, as the real controller does. */
export function aggregateRoles(core: Core): void {
  while (core.store.list(ROLES, '')?.some((role) => aggregated(core, role)));
}

/** Whether something changed, which others may aggregate in their turn. */

function aggregated(core: Core, role: KubeObject): boolean {
  const all = core.store.list(ROLES, '') ?? []

  const selectors = listAt(role, 'aggregationRule', 'clusterRoleSelectors')
  if (!isObject(role['aggregationRule'])) return false
  const { name = '' } = role.metadata
  const chosen = selectors.flatMap((selector) =>
    all.filter((each) => each.metadata.name !== name && selects(selector, each.metadata.labels)),
  )
  const rules: unknown[] = []
  for (const rule of chosen.flatMap((each) => listAt(each, 'rules')))
    if (!rules.some((known) => equal(known, rule))) rules.push(rule)
  if (equal(rules, role['rules'] ?? [])) return false
  core.store.put(ROLES, name, { ...role, rules })
  return true
}
