/** Tells whoever watches where a benchmark of half an hour is: the time of day in UTC, and minutes since its begin. */
export const createProgress = (began = Date.now()) => {
  return (line: string): void => {
    const now = new Date()
    const minutes = ((now.getTime() - began) / 60_000).toFixed(1)
    process.stderr.write(`bench: ${now.toISOString().slice(11, 19)} (${minutes} min) ${line}\n`)
  }
}

export type Say = ReturnType<typeof createProgress>
