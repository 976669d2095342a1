import type { HttpRequest, HttpResponse } from '../network.ts'
import type { World } from '../world.ts'
import { type Backend, createBalance } from './balance.ts'

export type PodRef = { readonly namespace: string; readonly name: string; readonly uid: string }
export type PathRequest = HttpRequest & { readonly path: string }
export type SendToPod = (pod: PodRef, request: PathRequest) => Promise<HttpResponse>

export type ReadyPod = Backend & PodRef

export type ActivatorOptions = {
  readonly world: World
  readonly send: SendToPod
  /** The revision's containerConcurrency and timeoutSeconds. */
  readonly limit: number
  readonly timeoutSeconds: number
  /** A request came; the answer is called when it is answered. */
  readonly onRequest: () => () => void
}

type Waiting = { readonly go: (pod: ReadyPod) => void; readonly refuse: (response: HttpResponse) => void }

export type Activator = {
  readonly handle: (request: PathRequest) => Promise<HttpResponse>
  /** The pods that take new requests from now on. */
  readonly setPods: (pods: readonly ReadyPod[]) => void
  /**
   * Whether requests pass by the activator, to any pod at random, as they do while there is capacity to spare: then the pods' own queues
   * are of 10 times the limit, and refuse more (503). The activator itself holds as many as come.
   */
  readonly setDirect: (isDirect: boolean) => void
  readonly waiting: () => number
  /** Answers all who wait 503. */
  readonly close: () => void
}

const plain = (status: number, body: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
})

/** Holds the requests to one revision until a pod has a free place for them. */
export function createActivator({ world, send, limit, timeoutSeconds, onRequest }: ActivatorOptions): Activator {
  const choose = createBalance<ReadyPod>(limit, world.random)
  let pods: readonly ReadyPod[] = []
  let waiting: Waiting[] = []
  const queues = new Map<string, Waiting[]>()
  let isDirect = false

  const isFree = (pod: ReadyPod): boolean => limit === 0 || pod.inFlight < limit
  /** Passes on what can be; the oldest first. */
  const dispatch = (): void => {
    for (const pod of pods) {
      const queue = queues.get(pod.uid)
      while (queue && queue.length > 0 && isFree(pod)) queue.shift()?.go(pod)
    }
    while (waiting.length > 0) {
      const pod = choose(pods)
      if (!pod) return
      waiting.shift()?.go(pod)
    }
  }
  const enqueue = (each: Waiting): void => {
    const pod = isDirect ? pods[Math.floor(world.random() * pods.length)] : undefined
    const queue = pod ? (queues.get(pod.uid) ?? []) : waiting
    if (pod) queues.set(pod.uid, queue)
    if (pod && limit > 0 && pod.inFlight + queue.length >= limit + 10 * limit)
      each.refuse(plain(503, 'pending request queue full\n'))
    else {
      queue.push(each)
      dispatch()
    }
  }
  const forget = (each: Waiting): void => {
    waiting = waiting.filter((other) => other !== each)
    for (const [uid, queue] of queues)
      queues.set(
        uid,
        queue.filter((other) => other !== each),
      )
  }

  return {
    handle: (request) =>
      new Promise((resolve) => {
        let pod: ReadyPod | undefined
        let isAnswered = false
        const answer = (response: HttpResponse): void => {
          if (isAnswered) return
          isAnswered = true
          cancel()
          if (pod) pod.inFlight -= 1
          else forget(each)
          end()
          resolve(response)
          dispatch()
        }
        const each: Waiting = {
          refuse: answer,
          go: (chosen) => {
            pod = chosen
            pod.inFlight += 1
            const { namespace, name, uid } = pod
            send({ namespace, name, uid }, request).then(answer, (error: unknown) =>
              answer(plain(502, `${error instanceof Error ? error.message : String(error)}\n`)),
            )
          },
        }
        const late = (): void => answer(plain(504, pod && isDirect ? 'request timeout' : 'activator request timeout'))
        const cancel = world.after(timeoutSeconds * 1000, late)
        const end = onRequest()
        enqueue(each)
      }),
    setPods: (next) => {
      pods = next
      for (const [uid, queue] of [...queues]) {
        if (pods.some((pod) => pod.uid === uid)) continue
        queues.delete(uid)
        waiting.push(...queue)
      }
      dispatch()
    },
    setDirect: (next) => {
      isDirect = next
    },
    waiting: () => waiting.length,
    close: () => {
      for (const each of [...waiting, ...[...queues.values()].flat()]) each.refuse(plain(503, 'revision is gone\n'))
    },
  }
}
