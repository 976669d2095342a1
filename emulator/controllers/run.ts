import type { Client } from '../client.ts'
import type { World } from '../world.ts'
import { runGarbageCollector } from './gc/controller.ts'
import { runJobController } from './job/controller.ts'
import { runTtlController } from './ttl.ts'

export type ControllersOptions = {
  /** Must be allowed everything: all controllers share it. */
  readonly client: Client
  readonly world: World
}

/** What kube-controller-manager runs, as far as it is here. The answer stops it. */
export function runControllers({ client, world }: ControllersOptions): () => void {
  // The Job controller comes first: it takes its finalizer off before the garbage collector deletes.
  const stops = [runJobController, runTtlController, runGarbageCollector].map((run) => run(client, world))
  return () => {
    for (const stop of stops) stop()
  }
}
