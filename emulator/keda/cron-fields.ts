type Bounds = { readonly least: number; readonly most: number; readonly names?: readonly string[] }

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const bounds: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: days },
]

/**
 * A cron expression of five fields as KEDA's parser (robfig/cron v3) takes it, with each field written out as numbers or `*`. Throws in
 * that parser's words. `undefined` is one that never comes, a field being of commas only. Pure.
 */
export function plainCron(expression: string): string | undefined {
  if (expression === '') throw new Error('empty spec string')
  if (/^(CRON_)?TZ=/.test(expression))
    throw new Error('the embedded control plane does not implement TZ= in a schedule')
  if (expression.startsWith('@')) throw new Error(`parser does not accept descriptors: ${expression}`)
  const fields = expression.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const plain = fields.map((field, index) => plainField(field, bounds[index] as Bounds)) // there are five of both
  return plain.includes('') ? undefined : plain.join(' ')
}

function plainField(field: string, limits: Bounds): string {
  const ranges = field.split(',').filter((range) => range !== '')
  const values = ranges.map((range) => valuesOf(range, limits))
  return values.includes('*') ? '*' : [...new Set(values.flat())].sort((a, b) => Number(a) - Number(b)).join(',')
}

function valuesOf(range: string, limits: Bounds): '*' | readonly number[] {
  const [span = '', step, ...moreSteps] = range.split('/')
  const [low = '', high, ...moreHyphens] = span.split('-')
  const isStar = low === '*' || low === '?'
  if (!isStar && moreHyphens.length > 0) throw new Error(`too many hyphens: ${range}`)
  const from = isStar ? limits.least : numberOf(low, limits)
  const single = high === undefined || isStar
  const end = isStar || (single && step !== undefined) ? limits.most : single ? from : numberOf(high, limits)
  if (moreSteps.length > 0) throw new Error(`too many slashes: ${range}`)
  const by = step === undefined ? 1 : numberOf(step, { least: 0, most: 0 })
  if (from < limits.least) throw new Error(`beginning of range (${from}) below minimum (${limits.least}): ${range}`)
  if (end > limits.most) throw new Error(`end of range (${end}) above maximum (${limits.most}): ${range}`)
  if (from > end) throw new Error(`beginning of range (${from}) beyond end of range (${end}): ${range}`)
  if (by === 0) throw new Error(`step of range should be a positive number: ${range}`)
  if (isStar && by === 1) return '*'
  return Array.from({ length: Math.floor((end - from) / by) + 1 }, (_, index) => from + index * by)
}

function numberOf(word: string, { names = [], least }: Bounds): number {
  const named = names.indexOf(word.toLowerCase())
  if (named >= 0) return named + least
  if (!/^[+-]?\d+$/.test(word))
    throw new Error(`failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`)
  const number = Number(word)
  if (number < 0) throw new Error(`negative number (${number}) not allowed: ${word}`)
  return number
}
