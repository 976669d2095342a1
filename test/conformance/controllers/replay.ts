import type { KubeObject } from '#emulator/api-server/types.ts'
import { EVENTS, JOBS, PODS } from '#emulator/controllers/resources.ts'
import { aCluster, aJob } from '#emulator/controllers/test-cluster.ts'
import type { Case } from './cases.ts'
import { createRecorder, type Recorded } from './record.ts'
import { isOver } from './waits.ts'

/** Plays a case on the embedded control plane. */
export async function replay({ name, steps }: Case): Promise<Recorded> {
  const { client, world, stop } = aCluster()
  const recorder = createRecorder(name)
  const see = ({ type, object }: { readonly type: string; readonly object: KubeObject }) => recorder.see(type, object)
  for (const resource of [JOBS, PODS, EVENTS]) client.follow(resource, see)
  const ref = { namespace: 'default', name }
  for (const step of steps) {
    switch (step.do) {
      case 'create':
        client.create(JOBS, aJob(name, step.wishes, step.spec))
        break
      case 'patch':
        client.patch(JOBS, ref, step.patch as Record<string, unknown>)
        break
      case 'delete':
        client.delete(JOBS, ref, step.policy ? { policy: step.policy } : {})
        break
      case 'delete pod':
        client.delete(PODS, { namespace: 'default', name: recorder.pods()[step.index]?.metadata.name ?? '' })
        break
      case 'wait': {
        const wait = step.for
        if ('seconds' in wait) await world.advance(wait.seconds * 1000)
        else await world.until(JSON.stringify(wait), () => isOver(wait, recorder), 120_000)
      }
    }
  }
  await world.advance(2000)
  stop()
  return recorder.recorded()
}
