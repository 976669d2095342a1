/** Of those that there are. */
export const earliest = (...times: readonly (Date | undefined)[]): Date | undefined =>
  times.reduce((one, other) => (one && (!other || one <= other) ? one : other), undefined)
