import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import { everything } from './listing.ts'
import type { Platform } from './platform.ts'

const SETTLED_MS = 3000

/** All objects, once none comes or goes any more: much is made and collected in the background. */
export const settled = async (platform: Pick<Platform, 'api'>): Promise<readonly string[]> => {
  let last = ''
  return eventually('nothing comes or goes any more', async () => {
    const now = await everything(platform)
    const isSame = now.join() === last
    last = now.join()
    if (!isSame) await pause(SETTLED_MS)
    return isSame ? now : undefined
  })
}

const fileOf = ({ dir }: Pick<Platform, 'dir'>): string => join(dir, 'fresh-objects.json')

/** Keeps what there is while nothing of ours, and nothing of a test, has ever been on this platform. */
export const rememberFresh = async (platform: Platform): Promise<void> =>
  writeFileSync(fileOf(platform), JSON.stringify(await settled(platform)))

/** What `rememberFresh` kept. */
export const freshObjects = (platform: Platform): readonly string[] =>
  JSON.parse(readFileSync(fileOf(platform), 'utf8')) as readonly string[] // written above

/** What is there now, was not there at first, and was not made by a test either. */
export const leftSince = (fresh: readonly string[], now: readonly string[]): readonly string[] => {
  const before = new Set(fresh.map(withoutChance))
  const given = new Set(fresh.flatMap((line) => namespaceIn(line) ?? []))
  const isOfTest = (line: string): boolean => {
    const namespace = namespaceIn(line)
    return namespace === undefined ? OF_TESTS.test(line) : !given.has(namespace) && namespace !== 'dormouse'
  }
  return now.filter((line) => !before.has(withoutChance(line)) && (!isOfTest(line) || IS_WORK.test(line)))
}

/** The policies of `runner-pods.ts` and of a scenario. */
const OF_TESTS = /^\/apis\/admissionregistration\.k8s\.io\/\S+ \S+ \/(bent-runners|no-jobs-in-\S+)$/

/** Jobs and sessions are never a test's own: they go with ours wherever they are. */
const IS_WORK = /^\/apis\/(batch\/v1 jobs|vteam\.ambient-code)/

const namespaceIn = (line: string): string | undefined =>
  /^\/api\/v1 namespaces \/(.+)$/.exec(line)?.[1] ?? /^\S+ \S+ ([^/]+)\//.exec(line)?.[1]

/** A Pod that died on the way, as parts of the platform do in a test, has a successor of another name. */
const withoutChance = (line: string): string =>
  line.startsWith('/api/v1 pods ') ? line.replace(/-[a-z0-9]{5}$/, '-POD') : line
