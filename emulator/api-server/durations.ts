/** kubectl's `5s`, `3m20s`, `2d4h`, `9y`. Pure. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return pair(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`
}

const pair = (most: number, unit: string, rest: number, smaller: string): string =>
  rest === 0 ? `${most}${unit}` : `${most}${unit}${rest}${smaller}`

/** Of a timestamp, as the Tables have it. */
export const ageOf = (value: unknown, now: number): string =>
  typeof value === 'string' ? humanDuration(now - Date.parse(value)) : '<unknown>'
