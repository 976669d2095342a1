import { type Client, refOf } from '../../client.ts'
import type { EventRecorder } from '../event-recorder.ts'
import { isReady, type PodObject, podFrom } from '../pods.ts'
import { PODS } from '../resources.ts'
import { isTracked, type JobObject, TRACKING } from './job.ts'

export type PodControl = {
  readonly create: (job: JobObject) => void
  /** Answers how many it deleted, and how many of these were ready. */
  readonly delete: (job: JobObject, pods: readonly PodObject[]) => Deleted
  /** Takes them out of the count first, so that none of them is a failure. */
  readonly release: (job: JobObject, pods: readonly PodObject[]) => Deleted
  readonly removeFinalizer: (pod: PodObject) => void
}

export type Deleted = { readonly count: number; readonly ready: number }

/** What the Job controller does to Pods, with the Events that it writes of it. Throws what the API server answers. */
export function podControl(client: Client, record: EventRecorder): PodControl {
  const removeFinalizer = (pod: PodObject): void => {
    const { uid = '', finalizers = [] } = pod.metadata
    const rest = finalizers.filter((each) => each !== TRACKING)
    client.patch(PODS, refOf(pod), { metadata: { uid, finalizers: rest.length > 0 ? rest : null } })
  }
  const remove = (job: JobObject, pods: readonly PodObject[]): Deleted => {
    for (const pod of pods) {
      client.delete(PODS, refOf(pod))
      record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
    }
    return { count: pods.length, ready: pods.filter(isReady).length }
  }
  return {
    removeFinalizer,
    delete: remove,
    release: (job, pods) => {
      for (const pod of pods) if (isTracked(pod)) removeFinalizer(pod)
      return remove(job, pods)
    },
    create: (job) => {
      try {
        const { metadata } = client.create(PODS, podFrom(job.spec.template, job, { finalizers: [TRACKING] }))
        record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${metadata.name}`)
      } catch (error) {
        record(job, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`)
        throw error
      }
    },
  }
}
