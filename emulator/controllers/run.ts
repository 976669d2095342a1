import type { Client } from '../client.ts'
import type { World } from '../world.ts'
import { runClaimController } from './claims.ts'
import { runDeploymentController } from './deployment.ts'
import { runGarbageCollector } from './gc/controller.ts'
import { runJobController } from './job/controller.ts'
import { runNamespaceContent } from './namespace-content.ts'
import { runNamespaceController } from './namespaces.ts'
import { runTtlController } from './ttl.ts'

export type ControllersOptions = {
  /** Must be allowed everything: all controllers share it. */
  readonly client: Client
  readonly world: World
  /** In PEM, for the ConfigMap kube-root-ca.crt of every namespace. */
  readonly rootCa?: string
}

/** What kube-controller-manager runs, as far as it is here. The answer stops it. */
export function runControllers({ client, world, rootCa }: ControllersOptions): () => void {
  const stops = [
    runNamespaceContent(client, world, rootCa),
    // The Job controller comes before the garbage collector: it takes its finalizer off before that deletes.
    ...[
      runJobController,
      runTtlController,
      runDeploymentController,
      runClaimController,
      runGarbageCollector,
      runNamespaceController,
    ].map((run) => run(client, world)),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
