import type { Cluster } from './cluster.ts'
import { type Kind, keyOf, type Ref } from './object.ts'
import type { Ports } from './ports.ts'

/** One thing that somebody outside the cluster is told: by requests that follow one another, each for as long as those before it were taken. */
export type Change = {
  /** What it is about: of two with the same, the later one counts. */
  readonly about: string
  readonly requests: readonly { readonly path: string; readonly body: object }[]
}

/** What became of a change that was told. */
export type Answer = {
  readonly change: Change
  /** Why it was not taken; absent where it was. */
  readonly objection?: string
}

/** What was told by this wake-up so far, by what it is about. */
export type Answers = ReadonlyMap<string, Answer>

/** What a runner is to be told. */
export type Post = {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  /** Where the token is that shows to the runner who we are. */
  readonly secret: { readonly kind: Kind; readonly ref: Ref; readonly key: string }
  readonly changes: readonly Change[]
}

type SecretObject = { readonly data?: Readonly<Record<string, string>> }

/** The token, as it is sent; or why there is none. */
export const tokenOf = async (
  { secret: { kind, ref, key } }: Post,
  cluster: Cluster,
): Promise<{ readonly token: string } | { readonly objection: string }> => {
  const secret = (await cluster.get(kind, ref)) as SecretObject | undefined
  const value = secret?.data?.[key]
  if (value === undefined) return { objection: `Secret ${keyOf(ref)} ${secret ? `has no ${key}` : 'is not there'}` }
  return { token: atob(value) }
}

/** Tells, and has an answer for each change. Throws nothing that a runner could be the cause of. */
export const answersTo = async (
  post: Post,
  found: Awaited<ReturnType<typeof tokenOf>>,
  askRunner: Ports['askRunner'],
): Promise<readonly Answer[]> => {
  const { url, changes } = post
  if ('objection' in found) return changes.map((change) => ({ change, objection: found.objection }))
  const objections = await askRunner({ url, token: found.token }, changes)
  return changes.map((change, i) => {
    const objection = objections[i]
    return { change, ...(objection !== undefined && { objection }) }
  })
}
