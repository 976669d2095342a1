/** A pod that takes requests. */
export type Backend = { readonly name: string; inFlight: number }

/**
 * The activator's choice among ready pods: of two random ones the less busy if there is no limit, else the first with a free place, in turn
 * from a limit of 4 on. `undefined` if all are at `limit` (0 is none). After knative/serving pkg/activator/net/lb_policy.go.
 */
export function createBalance<T extends Backend>(
  limit: number,
  random: () => number,
): (pods: readonly T[]) => T | undefined {
  let turn = 0
  const below = (count: number): number => Math.floor(random() * count)
  return (pods) => {
    if (pods.length === 0) return undefined
    if (limit === 0) return pods.length === 1 ? pods[0] : lessBusy(pods, below)
    if (limit <= 3) return pods.find(({ inFlight }) => inFlight < limit)
    if (turn >= pods.length) turn = 0
    for (let step = 0; step < pods.length; step++) {
      const index = (turn + step) % pods.length
      const pod = pods[index]
      if (pod && pod.inFlight < limit) {
        turn = index + 1
        return pod
      }
    }
    return undefined
  }
}

function lessBusy<T extends Backend>(pods: readonly T[], below: (count: number) => number): T | undefined {
  const first = pods.length > 2 ? below(pods.length) : 0
  const other = pods.length > 2 ? below(pods.length - 1) : 1
  const [a, b] = [pods[first], pods[other >= first && pods.length > 2 ? other + 1 : other]]
  if (!a || !b) return a
  if (a.inFlight === b.inFlight) return below(2) === 0 ? b : a
  return a.inFlight < b.inFlight ? a : b
}
