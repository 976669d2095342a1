import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as metrics from '#reconcilers/agentic-session/metrics.ts'
import { specSchema, statusSchema } from '#reconcilers/agentic-session/schema.ts'
import { projectStatusSchema, settingsSchema } from '#reconcilers/project/schema.ts'
import { pushFailures } from '#runtime/push.ts'
import { eventsLost } from '#sdk/tell.ts'
import { type Declared, declaredTestsIn } from './declared-tests.ts'
import { lostNode } from './platform/lost-node.ts'
import { realPods } from './platform/real-pods.ts'
import { projectScenarios } from './scenarios/projects.ts'
import { scenarios } from './scenarios/scenarios.ts'

const ROOT = join(import.meta.dirname, '..')

/** Of sessions and projects. */
const conditions = [
  ...['Ready', 'JobCreated', 'PodScheduled', 'RunnerStarted', 'SecretsReady', 'ReposReconciled', 'WorkflowReconciled'],
  ...['Reconciled', 'EventsDelivered', 'GroupAccessReady', 'TriggerAccessReady', 'LimitRangeReady'],
]

/** Without the group before them. */
const annotations = [
  ...['managed', 'desired-phase', 'start-requested-at', 'stop-requested-at', 'stop-reason', 'force-execute-prompt'],
  ...['runner-sa', 'created-by-user-id', 'parent-session-id', 'copied-from', 'scheduled-session-name', 'scheduled-run'],
  ...['agentic-session', 'app'],
]

type Promised = { readonly promise: string; readonly file: string; readonly test: string }

/** The rows of the tables under this heading: a promise, and behind it the tests that show it, each as `file: name`. Pure. */
const promisesIn = (page: string): readonly Promised[] => {
  const [, section = ''] = page.split('\n## What is promised\n')
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('.ts: '))
    .flatMap((line) => {
      const [promise = ''] = line.slice(2).split(' | ')
      return [...line.matchAll(/`([\w./-]+\.ts): ([^`]+)`/g)].map(([, file = '', test = '']) => ({
        promise,
        file,
        test,
      }))
    })
}

/** What the worlds run. A scenario that is in no list is run by none. */
const running: ReadonlySet<string> = new Set(
  [...scenarios, ...projectScenarios, ...realPods, lostNode].map(({ name }) => name),
)

/** What is wrong with a test that is named as shown, or `undefined`. Titles are whole, `%s` and all. Pure. */
const objectionIn = (declared: readonly Declared[], { file, test }: Promised): string | undefined => {
  const found = declared.filter(({ title }) => title === test)
  if (found.length === 0) return `${file} has no test "${test}"`
  if (found.every(({ isLeftOut }) => isLeftOut)) return `${file} never runs "${test}"`
  if (found.every(({ isEmpty }) => isEmpty)) return `${file} does nothing in "${test}"`
  if (!file.endsWith('.test.ts') && !running.has(test)) return `no world runs "${test}" of ${file}`
  return undefined
}

const objectionTo = (promised: Promised): string | undefined => {
  const path = join(ROOT, promised.file)
  if (!existsSync(path)) return `there is no ${promised.file}`
  return objectionIn(declaredTestsIn(readFileSync(path, 'utf8')), promised)
}

describe('the promises of docs/agentic-session.md', () => {
  const page = readFileSync(join(ROOT, 'docs/agentic-session.md'), 'utf8')

  it('are each shown by a test that there is, and that runs', () => {
    const promises = promisesIn(page)
    expect(promises.length).toBeGreaterThan(50)
    expect(promises.flatMap((promised) => objectionTo(promised) ?? [])).toEqual([])
  })

  it.each<[string, readonly string[]]>([
    [
      'field',
      [specSchema, statusSchema, settingsSchema, projectStatusSchema].flatMap((of) => Object.keys(of.properties)),
    ],
    ['metric', [...Object.values(metrics), eventsLost, pushFailures].map(({ name }) => name)],
    ['condition', conditions],
    ['annotation and label', annotations],
  ])('are made of every %s', (_, names) => {
    const told = new Set(promisesIn(page).flatMap(({ promise }) => promise.split(/[^\w-]+/)))
    expect(names.length).toBeGreaterThan(8)
    expect(names.filter((name) => !told.has(name))).toEqual([])
  })

  it('that no test shows are found', () => {
    const planted =
      '\n## What is promised\n\n| A thing | `test/rooms.test.ts: no such name` |\n| Other | `test/nowhere.ts: x` |\n'
    expect(promisesIn(planted).map(objectionTo)).toEqual([
      expect.stringContaining('has no test'),
      'there is no test/nowhere.ts',
    ])
  })

  it.each([
    ["// test('shows it', () => expect(1))", 'has no test'],
    ["test('shows it, or rather another thing', () => expect(1))", 'has no test'],
    ["test.skip('shows it', () => expect(1))", 'never runs'],
    ["describe.todo('later', () => { it('shows it', () => expect(1)) })", 'never runs'],
    ["test.skip.each([1])('shows it', () => expect(1))", 'never runs'],
    ["test('shows it', () => {})", 'does nothing'],
    ["const all = [{ name: 'shows it', run: async () => {} }]", 'does nothing'],
  ])('are not shown by %s', (source, objection) => {
    const promised = { promise: 'A thing', file: 'a.test.ts', test: 'shows it' }
    expect(objectionIn(declaredTestsIn(source), promised)).toContain(objection)
    const sound = "describe('x', () => { test.each<[number]>([[1]])('shows it', async (n: number) => expect(n)) })"
    expect(objectionIn(declaredTestsIn(sound), promised)).toBeUndefined()
  })

  it('are not shown by a scenario that no world runs', () => {
    const source = "export const lost = [{ name: 'shows it', run: async (world: World) => world.sweep() }]"
    const promised = { promise: 'A thing', file: 'test/scenarios/lost.ts', test: 'shows it' }
    expect(objectionIn(declaredTestsIn(source), promised)).toContain('no world runs')
  })

  it('are told with every row', () => {
    const [, section = ''] = page.split('\n## What is promised\n')
    const rows = section.split('\n').filter((line) => /^\| /.test(line) && !line.endsWith('| |'))
    expect(rows.filter((row) => !/\.ts: /.test(row))).toEqual([])
  })
})
