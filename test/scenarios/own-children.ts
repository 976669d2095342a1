import {
  accountKind,
  claimKind,
  networkPolicyKind,
  roleBindingKind,
  roleKind,
  secretKind,
  serviceKind,
} from '#reconcilers/agentic-session/children.ts'
import type { Kind, KubernetesObject } from '#sdk/index.ts'
import type { World } from './world.ts'

/** What profile `everything` of `test/runner-profiles.yaml` has copied. */
export const sharedByRunners: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'shared-by-runners', namespace: 'dormouse' },
}

/** What profile `everything` of `test/runner-profiles.yaml` makes for a session of this name. */
export const childrenOf = (name: string): readonly (readonly [Kind, string])[] => [
  [claimKind, `ambient-workspace-${name}`],
  [accountKind, `ambient-session-${name}`],
  [roleKind, `ambient-session-${name}-role`],
  [roleBindingKind, `ambient-session-${name}-rb`],
  [secretKind, `ambient-runner-token-${name}`],
  [serviceKind, `session-${name}`],
  [networkPolicyKind, `session-${name}`],
]

const LABEL = 'agentic-session'

/** Changes a label of each, so that there is something to set right. */
export const disturb = async (world: World, name: string): Promise<void> => {
  for (const [{ apiVersion, kind, plural, scope }, child] of childrenOf(name)) {
    const found = await world.read({ apiVersion, kind, plural, scope }, child)
    if (!found) throw new Error(`${world.namespace}: no ${kind} ${child}`)
    const { labels, ownerReferences } = found.metadata
    const metadata = {
      name: child,
      namespace: world.namespace,
      labels: { ...labels, [LABEL]: 'disturbed' },
      ownerReferences,
    }
    await world.apply({ ...found, metadata } as KubernetesObject)
  }
}

/** Resolves once all are as they were. */
export const setRight = (world: World, name: string): Promise<true> =>
  world.eventually(`the children of ${name} are set right`, async () => {
    for (const [kind, child] of childrenOf(name)) {
      const found = await world.read(kind, child)
      if (found?.metadata.labels?.[LABEL] !== name) return undefined
    }
    return true
  })
