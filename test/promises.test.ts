import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

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

/** What is wrong with a row, or `undefined`. A test's name is a text in its file, where a table of cases may fill in a part of it. */
const objectionTo = ({ file, test }: Promised): string | undefined => {
  if (!existsSync(join(ROOT, file))) return `there is no ${file}`
  const source = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'")
  return source.includes(test) ? undefined : `${file} has no test "${test}"`
}

describe('the promises of docs/agentic-session.md', () => {
  const page = readFileSync(join(ROOT, 'docs/agentic-session.md'), 'utf8')

  it('are each shown by a test that there is', () => {
    const promises = promisesIn(page)
    expect(promises.length).toBeGreaterThan(50)
    expect(promises.flatMap((promised) => objectionTo(promised) ?? [])).toEqual([])
  })

  it('that no test shows are found', () => {
    const planted =
      '\n## What is promised\n\n| A thing | `test/rooms.test.ts: no such name` |\n| Other | `test/nowhere.ts: x` |\n'
    expect(promisesIn(planted).map(objectionTo)).toEqual([
      expect.stringContaining('has no test'),
      'there is no test/nowhere.ts',
    ])
  })

  it('are told with every row', () => {
    const [, section = ''] = page.split('\n## What is promised\n')
    const rows = section.split('\n').filter((line) => /^\| /.test(line) && !line.endsWith('| |'))
    expect(rows.filter((row) => !/\.ts: /.test(row))).toEqual([])
  })
})
