import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Answer, ourAnswer, ourCauses } from './answer.ts'
import { cases } from './cases.ts'

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8')) as Record<string, Answer>
/** Where we answer 501, or cannot know what the real server knows. */
const known = JSON.parse(readFileSync(join(import.meta.dirname, 'divergences.json'), 'utf8')) as Record<string, string>

test.each(cases.map((each) => [each.name, each] as const))('%s is answered as by the real server', (name, each) => {
  const ours = ourAnswer(each)
  if (known[name]) expect(ours).not.toEqual(recorded[name])
  else expect(ours).toEqual(recorded[name])
})

const causes = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-causes.json'), 'utf8')) as Record<
  string,
  string[]
>
const ours = ourCauses()
test.each(Object.keys(causes))('%s is refused as by the real server', (name) => {
  if (known[name]) expect(ours[name]).not.toEqual(causes[name])
  else expect(ours[name]).toEqual(causes[name])
})
