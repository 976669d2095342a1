/** A Kubernetes quantity, exact: in billionths, rounded up as the real server does. `format` decides how it is written. */
export type Quantity = { readonly nano: bigint; readonly format: 'decimal' | 'binary' | 'exponent' }

const BILLION = 1_000_000_000n
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binary: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 }

/** Few amounts are asked for, again and again. */
const read = new Map<unknown, Quantity | undefined>()
const MOST_READ = 1000

/** `undefined` for what is no quantity. Pure. */
export function quantityOf(given: unknown): Quantity | undefined {
  if (read.has(given)) return read.get(given)
  const found = readQuantity(given)
  if (read.size >= MOST_READ) read.clear()
  read.set(given, found)
  return found
}

function readQuantity(given: unknown): Quantity | undefined {
  const parts = /^([+-]?)(\d+\.?\d*|\.\d+)(.*)$/.exec(String(given).trim())
  if (!parts) return undefined
  const [, sign = '', digits = '', suffix = ''] = parts
  const exponent = /^[eE]([+-]?\d{1,3})$/.exec(suffix)
  if (!exponent && !Object.hasOwn(decimal, suffix) && !Object.hasOwn(binary, suffix)) return undefined
  const [whole = '', fraction = ''] = digits.split('.')
  const power = (exponent ? Number(exponent[1]) : (decimal[suffix] ?? 0)) + 9 - fraction.length
  const mantissa = BigInt(`${whole}${fraction}`) * 1024n ** BigInt(binary[suffix] ?? 0)
  const size = power >= 0 ? mantissa * 10n ** BigInt(power) : ceil(mantissa, 10n ** BigInt(-power))
  const format = exponent ? 'exponent' : Object.hasOwn(binary, suffix) ? 'binary' : 'decimal'
  return { nano: sign === '-' ? -size : size, format }
}

const ceil = (value: bigint, by: bigint): bigint => (value + by - 1n) / by

/** As the server writes it: `500m` for 0.5, `1Gi` for 1024Mi. Pure. */
export function quantityText({ nano, format }: Quantity): string {
  const sign = nano < 0n ? '-' : ''
  const size = nano < 0n ? -nano : nano
  if (size === 0n) return '0'
  if (format === 'binary' && size >= 1024n * BILLION) {
    let value = ceil(size, BILLION)
    let power = 0
    while (value % 1024n === 0n && power < 6) {
      value /= 1024n
      power += 1
    }
    return `${sign}${value}${power === 0 ? '' : Object.keys(binary)[power - 1]}`
  }
  let value = size
  let power = -9
  while (value % 1000n === 0n && power < 18) {
    value /= 1000n
    power += 3
  }
  if (format === 'exponent') return `${sign}${value}${power === 0 ? '' : `e${power}`}`
  return `${sign}${value}${Object.entries(decimal).find(([, each]) => each === power)?.[0] ?? ''}`
}

const zero: Quantity = { nano: 0n, format: 'decimal' }

/** What the server has decoded already; nothing counts as 0. */
export const amountOf = (given: unknown): Quantity => (given === undefined ? zero : (quantityOf(given) ?? zero))

export const isWholeQuantity = ({ nano }: Quantity): boolean => nano % BILLION === 0n

export const sum = (a: Quantity, b: Quantity): Quantity => ({
  nano: a.nano + b.nano,
  format: a.nano === 0n ? b.format : a.format,
})

/** A number of things. */
export const count = (things: number): Quantity => ({ nano: BigInt(things) * BILLION, format: 'decimal' })

/** Go's %v of milli units as a float64. */
export const asNumber = ({ nano }: Quantity): number => Number(nano) / 1e9
