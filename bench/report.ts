/** What a benchmark measured, beside what the same run measured for comparison. */
export type Figure = {
  /** `<benchmark>/<subject>/<quantity>`. */
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly baseline?: number
  /** The most that value / baseline may be. */
  readonly goal?: number
  /** The most that the value itself may be. */
  readonly limit?: number
}

/** One figure as `--json` prints it. */
type Line = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly baseline: number | null
  readonly ratio: number | null
  readonly goal: number | null
  readonly limit: number | null
  readonly met: boolean | null
}

export type Report = {
  readonly text: string
  /** One line for each figure that misses its goal. */
  readonly missed: readonly string[]
  readonly exitCode: 0 | 1
}

/** A table, or JSON with one figure a line. The exit code is 1 where a goal is missed. Pure. */
export const reportOf = (figures: readonly Figure[], format: 'table' | 'json'): Report => {
  const lines = figures.map(lineOf)
  const text = format === 'json' ? lines.map((line) => JSON.stringify(line)).join('\n') : tableOf(lines)
  const missed = lines.filter(({ met }) => met === false).map(missOf)
  return { text, missed, exitCode: missed.length > 0 ? 1 : 0 }
}

const missOf = ({ name, value, unit, ratio, goal, limit }: Line): string => {
  const said = [
    ...(goal === null ? [] : [`${ratio?.toFixed(2) ?? 'no'} times its baseline, at most ${goal.toFixed(2)}`]),
    ...(limit === null ? [] : [`${value.toFixed(1)} ${unit}, at most ${limit.toFixed(1)}`]),
  ]
  return `missed: ${name}: ${said.join('; ')}`
}

const lineOf = ({ name, value, unit, baseline, goal, limit }: Figure): Line => {
  const ratio = baseline === undefined ? null : value / baseline
  const keepsGoal = goal === undefined || (ratio !== null && ratio <= goal)
  const keepsLimit = limit === undefined || value <= limit
  const met = goal === undefined && limit === undefined ? null : keepsGoal && keepsLimit
  return { name, value, unit, baseline: baseline ?? null, ratio, goal: goal ?? null, limit: limit ?? null, met }
}

const header = ['figure', 'value', 'baseline', 'ratio', 'goal', '']

const tableOf = (lines: readonly Line[]): string => {
  const rows = lines.map(({ name, value, unit, baseline, ratio, goal, limit, met }) => [
    name,
    `${value.toFixed(1)} ${unit}`,
    baseline === null ? '' : `${baseline.toFixed(1)} ${unit}`,
    ratio?.toFixed(2) ?? '',
    [
      ...(goal === null ? [] : [`<= ${goal.toFixed(2)}`]),
      ...(limit === null ? [] : [`<= ${limit.toFixed(1)} ${unit}`]),
    ].join(', '),
    met === null ? '' : met ? 'met' : 'MISSED',
  ])
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const aligned = all.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))),
  )
  return aligned.map((row) => row.join('  ').trimEnd()).join('\n')
}

/** The middle one, or the mean of the two in the middle. */
export const medianOf = (values: readonly number[]): number => {
  const half = (values.length - 1) / 2
  return (nth(values, Math.floor(half)) + nth(values, Math.ceil(half))) / 2
}

/** What nine tenths of the values do not exceed. */
export const ninthDecileOf = (values: readonly number[]): number => nth(values, Math.ceil(values.length * 0.9) - 1)

const nth = (values: readonly number[], n: number): number => {
  const value = values.toSorted((a, b) => a - b)[n]
  if (value === undefined) throw new Error('no median of nothing')
  return value
}
