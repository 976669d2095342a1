import type { World } from '../world.ts'

/** What runs as one and ends as one: once it is over nothing that it asked for happens any more. */
export type Scope = {
  readonly after: (ms: number, work: () => void) => () => void
  /** Never resolves once the scope is over. */
  readonly sleep: (ms: number) => Promise<void>
  /** The same, but never settled once the scope is over. */
  readonly within: <T>(work: Promise<T>) => Promise<T>
  readonly end: () => void
  readonly isOver: () => boolean
}

export function createScope(world: World): Scope {
  const cancels = new Set<() => void>()
  let isOver = false
  const after: Scope['after'] = (ms, work) => {
    if (isOver) return () => undefined
    const forget = (): void => {
      cancel()
      cancels.delete(forget)
    }
    const cancel = world.after(ms, () => {
      cancels.delete(forget)
      work()
    })
    cancels.add(forget)
    return forget
  }
  return {
    after,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    within: (work) =>
      new Promise((resolve, reject) => {
        const unlessOver =
          <T>(settle: (value: T) => void) =>
          (value: T): void => {
            if (!isOver) settle(value)
          }
        work.then(unlessOver(resolve), unlessOver(reject))
      }),
    end: () => {
      isOver = true
      for (const cancel of [...cancels]) cancel()
    },
    isOver: () => isOver,
  }
}
