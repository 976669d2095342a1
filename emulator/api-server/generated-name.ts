const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** The name that the server makes of a generateName. */
export const generatedName = (prefix: string, random: () => number): string =>
  prefix.slice(0, 58) + Array.from({ length: 5 }, () => letters[Math.floor(random() * letters.length)]).join('')
