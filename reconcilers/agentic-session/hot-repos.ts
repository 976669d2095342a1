import { type Change, secondsOf } from '#sdk/index.ts'
import type { Part, Standing } from './hot-part.ts'
import type { AgenticSession, Spec, Status } from './schema.ts'
import { gotFor, type StartedWith } from './started-with.ts'

type Entry = NonNullable<Status['reconciledRepos']>[number]
type Repos = NonNullable<Spec['repos']>
type Wanted = { readonly url: string; readonly branch: string; readonly name: string }

const CONDITION = 'ReposReconciled'
const NONE = 'NoRepos'

/** As many as a spec can have. With all that a runner never let go of, a status would outgrow what the API server stores, and could not be written. */
const MOST_GONE = 64

/** What a runner calls the folder of a repository: the last part of its URL. Nothing that leads out of its parent. Pure. */
export const folderOf = (url = ''): string => {
  const last = url.replace(/\/+$/, '').split('/').at(-1) ?? ''
  const name = last.endsWith('.git') && last !== '.git' ? last.slice(0, -4) : last
  return /^\.*$/.test(name) ? 'repo' : name
}

/** As upstream has it: one for each URL, of several the last, and `main` where nothing else is said. */
const wantedOf = (repos: Repos = []): readonly Wanted[] =>
  new Map(repos.map(({ url, branch = 'main' }) => [url, { url, branch, name: folderOf(url) }])).values().toArray()

/** The repositories that the runner was started with. Somebody may have made its Job by hand. Pure. */
export const startedReposOf = (started: StartedWith): Repos => {
  try {
    const repos: unknown = JSON.parse(gotFor(started, 'REPOS_JSON') ?? '[]')
    return Array.isArray(repos) ? repos.filter((repo) => typeof repo?.url === 'string') : []
  } catch {
    return []
  }
}

/** Its repositories: what the runner was told of last, here or at its start, against what the spec says. Pure. */
export const reposPart = (
  { spec, status }: AgenticSession,
  started: StartedWith,
  now: Date,
): Part<readonly Entry[]> => {
  const said = status?.conditions?.find(({ type }) => type === CONDITION)
  const wanted = wantedOf(spec?.repos)
  const atStart = () => wantedOf(startedReposOf(started)).map((repo) => ready(repo, now))
  const had = status?.reconciledRepos ?? (said?.reason === NONE ? [] : atStart())
  const kept = wanted.flatMap(({ url, branch }) => {
    return had.find((entry) => entry.url === url && entry.branch === branch && entry.status === 'Ready') ?? []
  })
  const moves = movesOf(had, wanted, kept)
  const position = ({ url }: Entry) => wanted.findIndex((repo) => repo.url === url) + 1 || wanted.length + 1
  return {
    field: 'spec.repos',
    // What was not taken before may keep the runner busy for all the time that there is.
    changes: moves.toSorted((one, other) => +one.isRetry - +other.isRetry).flatMap(({ change }) => change ?? []),
    objections: moves.flatMap(({ clash }) => clash ?? []),
    condition: { type: CONDITION, reason: wanted.length > 0 ? 'Reconciled' : NONE },
    isThere: wanted.length > 0 || had.length > 0 || said !== undefined,
    after: (standingOf) => {
      const entries = [...kept, ...moves.flatMap((move) => entriesOf(move, standingOf, now))]
      return entries.length > 0 ? entries.toSorted((one, other) => position(one) - position(other)) : undefined
    },
  }
}

/** What is to happen to one folder of the runner. */
type Move = {
  readonly gone: readonly Entry[]
  readonly comes?: Wanted
  readonly isRetry: boolean
  /** Absent where nothing is to be told: another repository has that folder. */
  readonly change?: Change
  readonly clash?: string
}

const movesOf = (had: readonly Entry[], wanted: readonly Wanted[], kept: readonly Entry[]): readonly Move[] => {
  // Those that went last stand first.
  const going = had.filter(({ url }) => !wanted.some((repo) => repo.url === url)).slice(0, MOST_GONE)
  const coming = wanted.filter(({ url }) => !kept.some((entry) => entry.url === url))
  const folders = new Set([...going.map(({ url }) => folderOf(url)), ...coming.map(({ name }) => name)])
  return [...folders].flatMap((folder): readonly Move[] => {
    const gone = going.filter(({ url }) => folderOf(url) === folder)
    const holder = kept.find(({ url }) => folderOf(url) === folder)
    const claimants = coming.filter(({ name }) => name === folder)
    const [first, ...rest] = holder ? [undefined, ...claimants] : claimants
    const clashes = rest.flatMap((comes) =>
      comes
        ? { gone: [], comes, isRetry: false, clash: `${comes.url} would have the folder of ${(holder ?? first)?.url}` }
        : [],
    )
    if (holder) return [{ gone, isRetry: false }, ...clashes]
    const requests = [
      // The folder has to be another's before it can be this one's.
      ...(gone.length > 0 ? [{ path: 'repos/remove', body: { name: folder } }] : []),
      ...(first ? [{ path: 'repos/add', body: first }] : []),
    ]
    const isRetry = had.some(({ url, status }) => status === 'Failed' && folderOf(url) === folder)
    return [
      { gone, ...(first && { comes: first }), isRetry, change: { about: `repos/${folder}`, requests } },
      ...clashes,
    ]
  })
}

const entriesOf = (
  { gone, comes, change }: Move,
  standingOf: (change: Change) => Standing,
  now: Date,
): readonly Entry[] => {
  const standing = change ? standingOf(change) : comes ? 'failed' : 'taken'
  if (standing === 'taken') return comes ? [ready(comes, now)] : []
  const status = standing === 'asked' ? 'Cloning' : 'Failed'
  return [...gone, ...(comes ? [comes] : [])].map((entry) => ({ ...entry, status }))
}

const ready = (repo: Wanted, now: Date): Entry => ({ ...repo, status: 'Ready', clonedAt: secondsOf(now) })
