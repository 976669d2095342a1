import type { Case, Step } from './case.ts'

/**
 * A shorter case that still fails: steps go, larger runs of them first, as long as `fails` says so. Random cases refer to objects by
 * their paths, so that any of their steps can go.
 */
export async function shrink(failing: Case, fails: (each: Case) => Promise<boolean>): Promise<Case> {
  let steps: readonly Step[] = failing.steps
  for (let size = Math.ceil(steps.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = steps.length - size; at >= 0; at -= 1) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)]
      if (fewer.length > 0 && (await fails({ ...failing, steps: fewer }))) steps = fewer
    }
  }
  return { ...failing, steps }
}
