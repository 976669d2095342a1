import { StringDecoder } from 'node:string_decoder'
import type { LogLine } from '../pod-runner.ts'

const mostLines = 10_000
/** A container runtime breaks longer ones, too. */
const longestLine = 16 * 1024

export type LogLines = {
  /** One writer to it, say stdout: whole lines only are kept until `end`. */
  readonly writer: () => { readonly write: (chunk: Buffer) => void; readonly end: () => void }
  readonly lines: () => readonly LogLine[]
  readonly listen: (listener: (line: LogLine) => void) => () => void
}

/** The last lines that were written, with their times. Old ones are dropped, `most` being kept. */
export function createLogLines(now: () => number, most = mostLines): LogLines {
  let lines: LogLine[] = []
  const listeners = new Set<(line: LogLine) => void>()
  const add = (text: string): void => {
    const line = { at: now(), text }
    lines.push(line)
    if (lines.length >= most * 2) lines = lines.slice(-most)
    for (const listener of listeners) listener(line)
  }
  return {
    writer: () => {
      const decoder = new StringDecoder('utf8')
      let rest = ''
      const take = (text: string): void => {
        const parts = (rest + text).split('\n')
        rest = parts.pop() ?? ''
        for (const part of parts) add(part.replace(/\r$/, ''))
        for (; rest.length > longestLine; rest = rest.slice(longestLine)) add(rest.slice(0, longestLine))
      }
      return {
        write: (chunk) => take(decoder.write(chunk)),
        end: () => {
          take(decoder.end())
          if (rest !== '') add(rest)
          rest = ''
        },
      }
    },
    lines: () => lines.slice(-most),
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
