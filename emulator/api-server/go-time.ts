type Parsed = { readonly ms: number; readonly fraction: string } | { readonly fault: string }

const RFC3339 = '2006-01-02T15:04:05Z07:00'
const MICRO = '2006-01-02T15:04:05.000000Z07:00'

const parts = [
  { layout: '2006', digits: 4 },
  { layout: '-' },
  { layout: '01', digits: 2, name: 'month', least: 1, most: 12 },
  { layout: '-' },
  { layout: '02', digits: 2 },
  { layout: 'T' },
  { layout: '15', digits: 2, isLoose: true, name: 'hour', least: 0, most: 23 },
  { layout: ':' },
  { layout: '04', digits: 2, name: 'minute', least: 0, most: 59 },
  { layout: ':' },
  { layout: '05', digits: 2, name: 'second', least: 0, most: 59 },
] as const

/**
 * A time as Go's `time.Parse` reads RFC 3339, or why it does not, in its words. With `hasMicros` there have to be six digits of a second.
 * `fraction` is as it stands in the text, with its point. Pure.
 */
export function parseGoTime(text: string, hasMicros = false): Parsed {
  const layout = hasMicros ? MICRO : RFC3339
  const cannot = (rest: string, element: string): Parsed => ({
    fault: `parsing time "${text}" as "${layout}": cannot parse "${rest}" as "${element}"`,
  })
  const outOfRange = (name: string): Parsed => ({ fault: `parsing time "${text}": ${name} out of range` })
  let rest = text
  const numbers: number[] = []
  for (const part of parts) {
    if (!('digits' in part)) {
      if (!rest.startsWith(part.layout)) return cannot(rest, part.layout)
      rest = rest.slice(1)
      continue
    }
    // Of an hour one digit is enough for Go.
    const length = 'isLoose' in part && /^\d(?!\d)/.test(rest) ? 1 : part.digits
    const found = rest.slice(0, length)
    if (found.length < length || /\D/.test(found)) return cannot(rest, part.layout)
    const number = Number(found)
    if ('name' in part && (number < part.least || number > part.most)) return outOfRange(part.name)
    numbers.push(number)
    rest = rest.slice(length)
  }
  const fraction = (hasMicros ? /^\.\d{6}/ : /^[.,]\d+/).exec(rest)?.[0] ?? ''
  if (hasMicros && fraction === '') return cannot(rest, '.000000')
  rest = rest.slice(fraction.length)
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest)
  if (!zone) return cannot(rest, 'Z07:00')
  const [whole, sign, hours = '0', minutes = '0'] = zone
  if (Number(hours) > 24) return outOfRange('time zone offset hour')
  if (Number(minutes) > 60) return outOfRange('time zone offset minute')
  if (rest !== whole)
    return { fault: `parsing time "${text}": extra text: ${JSON.stringify(rest.slice(whole.length))}` }
  const [year = 0, month = 1, day = 1, hour, minute, second] = numbers
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (day < 1 || date.getUTCDate() !== day) return outOfRange('day')
  date.setUTCHours(hour ?? 0, minute, second)
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return { ms: date.getTime() - offset, fraction }
}
