import { timestamp } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import { type Client, type Ref, refOf } from '../client.ts'
import type { Journal } from '../journal.ts'
import type { World } from '../world.ts'
import { scaledObjects } from './crd.ts'
import type { CronTrigger } from './cron.ts'
import { poll } from './poll.ts'
import { type Status, specOf, statusOf, withConditions } from './scaled-object.ts'
import { targetOf } from './target.ts'

const finalizer = 'finalizer.keda.sh'
const nameLabel = 'scaledobject.keda.sh/name'

/** What the operator does to ScaledObjects and their targets. */
export function operatorHands({ client, world, journal }: { client: Client; world: World; journal: Journal }) {
  /** One poll. */
  const look = (ref: Ref, triggers: readonly CronTrigger[]): void => {
    const object = client.get(scaledObjects, ref)
    if (!object || object.metadata.deletionTimestamp !== undefined) return
    const status = statusOf(object)
    const wrong = (reason: string, message: string): void =>
      save(ref, { conditions: withConditions(status, { type: 'Ready', status: 'False', reason, message }) })
    let replicas = 0
    try {
      replicas = targetFor(object).replicas()
    } catch (error) {
      const message = `Error getting current replicas count for ScaleTarget: ${(error as Error).message}`
      wrong('ErrorGettingCurrentReplicas', message)
      return
    }
    const { conditions, lastActiveTime, scaleTo } = poll(object, triggers, replicas, world.now())
    let activeAt = lastActiveTime
    try {
      if (scaleTo) rescale(object, scaleTo.replicas, scaleTo.why)
      if (scaleTo?.isActivation) activeAt = timestamp(world.now())
    } catch (error) {
      const what = scaleTo?.isActivation ? 'activating' : 'deactivating'
      wrong('ErrorScalingTarget', `error ${what} ScaleTarget: ${(error as Error).message}`)
      return
    }
    save(ref, {
      conditions: withConditions(status, ...conditions),
      ...(activeAt !== undefined && { lastActiveTime: activeAt }),
    })
  }

  const targetFor = (object: KubeObject) =>
    targetOf(client, object.metadata.namespace ?? '', specOf(object).scaleTargetRef.name)
  const rescale = (object: KubeObject, to: number, why: string): void => {
    const from = targetFor(object).setReplicas(to)
    const workload = `${object.metadata.namespace}/${specOf(object).scaleTargetRef.name}`
    journal({ what: 'scale', workload, from, to, why })
  }
  const save = (ref: Ref, status: Status): void => void client.patch(scaledObjects, ref, { status }, 'status')

  /** With its finalizer, and the label by which the metrics server finds it. */
  const mark = (object: KubeObject): KubeObject => {
    const { finalizers = [], labels = {}, name = '' } = object.metadata
    if (finalizers.includes(finalizer) && labels[nameLabel] === name) return object
    return client.patch(scaledObjects, refOf(object), {
      metadata: { finalizers: [...new Set([...finalizers, finalizer])], labels: { [nameLabel]: name } },
    })
  }
  const finish = (object: KubeObject): void => {
    const { finalizers = [] } = object.metadata
    if (!finalizers.includes(finalizer)) return
    const { originalReplicaCount } = statusOf(object)
    if (specOf(object).advanced?.restoreToOriginalReplicaCount && originalReplicaCount !== undefined) {
      try {
        rescale(object, originalReplicaCount, 'the ScaledObject goes')
      } catch {
        // The real one only logs it: the target may be gone, too.
      }
    }
    client.patch(scaledObjects, refOf(object), {
      metadata: { finalizers: finalizers.filter((each) => each !== finalizer) },
    })
  }

  return { look, targetFor, rescale, save, mark, finish }
}
