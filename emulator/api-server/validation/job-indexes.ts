/** What is wrong with a list such as `0-3,5` of indexes below `completions`. Pure. */
export function indexFault(text: string, completions: number): string | undefined {
  let previous = -1
  if (text === '') return undefined
  for (const part of text.split(',')) {
    const ends = part.split('-')
    if (ends.length > 2)
      return `the fragment "${part}" violates the requirement that an index interval can have at most two parts separated by '-'`
    const [first = '', last = first] = ends
    for (const end of [first, last]) {
      if (!/^\d+$/.test(end)) return `cannot convert string to integer for index: "${end}"`
      if (Number(end) >= completions) return `too large index: "${end}"`
    }
    if (Number(first) <= previous) return `non-increasing order, previous: ${previous}, current: ${first}`
    if (ends.length === 2 && Number(last) <= Number(first))
      return `non-increasing order, previous: ${first}, current: ${last}`
    previous = Number(last)
  }
  return undefined
}
