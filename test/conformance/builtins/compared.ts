import type { Answer } from './case.ts'
import divergences from './divergences.json' with { type: 'json' }

type Divergence = { readonly what: 'text' | 'known'; readonly why: string }

/** By `group: step`. Of a `text` the status, the reason and the fields agree; a `known` one differs. */
export const known = divergences as Readonly<Record<string, Divergence>>

/** Whether two answers to one step are the same, but for the order of keys. */
export function agree(name: string, ours: Answer | undefined, real: Answer | undefined): boolean {
  const divergence = known[name]
  if (divergence?.what === 'known') return true
  const view = divergence?.what === 'text' ? withoutTexts : (answer: Answer | undefined): unknown => answer
  return JSON.stringify(sorted(view(ours))) === JSON.stringify(sorted(view(real)))
}

function withoutTexts(answer: Answer | undefined): unknown {
  const { status, body } = answer ?? { status: 0, body: {} }
  const { reason, details } = body as { reason?: string; details?: { causes?: readonly { field?: string }[] } }
  return { status, reason, fields: [...new Set(details?.causes?.map(({ field }) => field))] }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]))
}
