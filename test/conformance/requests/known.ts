import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Difference } from './compare.ts'
import type { Masked } from './mask.ts'

const file = (name: string): string => join(import.meta.dirname, name)
export const recordedFile = file('recorded.json')
export const divergencesFile = file('divergences.json')
export const page = file('../../../docs/emulator.md')

export type Divergence = Difference & { readonly why: string }

/** What kube-apiserver 1.36.3 answered, by case; test/cluster/request-conformance.test.ts writes it. */
export const recorded = (): Readonly<Record<string, Masked>> =>
  JSON.parse(readFileSync(recordedFile, 'utf8')) as Readonly<Record<string, Masked>> // as it was written

export const divergences = (): readonly Divergence[] =>
  JSON.parse(readFileSync(divergencesFile, 'utf8')) as readonly Divergence[] // as write-divergences.ts writes it

const begin = '<!-- divergences: npm run divergences -->'
const end = '<!-- /divergences -->'

/** The page with its list as the divergences have it. Pure. */
export function withList(text: string, known: readonly Divergence[]): string {
  const by = Map.groupBy(known, ({ why }) => why)
  const cell = (value: string): string => value.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;')
  const lines = [...by].flatMap(([why, all]) => [
    `**${why}**`,
    '',
    '| Case | Step | Real | Ours |',
    '|---|---|---|---|',
    ...all.map(({ case: name, at, real, ours }) => `| ${[name, at, real, ours].map(cell).join(' | ')} |`),
    '',
  ])
  const [before = '', rest = ''] = text.split(begin)
  const [, after = ''] = rest.split(end)
  return `${before}${begin}\n\n${lines.join('\n')}${end}${after}`
}
