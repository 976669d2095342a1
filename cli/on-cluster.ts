import { runAlwaysOn } from '#runtime/always-on/run.ts'
import { loadFunctions } from '#runtime/functions.ts'
import { createCluster } from '#runtime/kubernetes/cluster.ts'
import { connect } from '#runtime/kubernetes/connection.ts'
import { createTransport } from '#runtime/kubernetes/transport.ts'
import type { FunctionDefinition } from '#sdk/index.ts'

/** Every function on this machine, woken by the changes in the cluster of `KUBECONFIG`, until Ctrl-C. */
export const startOnCluster = async (): Promise<void> => {
  const functions = await loadFunctions()
  await checkCluster(functions)
  await runAlwaysOn(functions, ['--metrics-bind-address=0', '--health-probe-bind-address=0'])
}

/** Fails early, and in words, where there is no cluster or where our kinds are not installed. */
const checkCluster = async (functions: readonly FunctionDefinition[]): Promise<void> => {
  const transport = createTransport(await connect(process.env), 4)
  const cluster = createCluster(transport)
  const kinds = functions.flatMap(({ on }) => on.flatMap((trigger) => ('changes' in trigger ? trigger.changes : [])))
  try {
    for (const kind of kinds) {
      for await (const _ of cluster.listMetadata(kind, { pageSize: 1 })) break
    }
  } catch (error) {
    const advice = 'The cluster of the kubeconfig must have our kinds installed: kubectl apply -k crds'
    throw new Error(`${error instanceof Error ? error.message : error}\n${advice}`, { cause: error })
  } finally {
    transport.close()
  }
}
