import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * The document that says how sessions run, as it stands in the file; `undefined` where there is no file, as with a ConfigMap that nobody has
 * made. Throws where it is no YAML, and where there are other files in its place: that is a ConfigMap with another key.
 */
export const readRunnerProfiles = async (file: string | undefined): Promise<unknown> => {
  if (file === undefined) return undefined
  const text = textOf(file)
  if (text === undefined) return undefined
  const { parse } = await import('./yaml.ts')
  try {
    // What is empty says nothing, and that must not pass for a file that is not there.
    return (parse(text) as unknown) ?? {}
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new Error(`runner profiles: ${file}: ${message}`, { cause })
  }
}

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (!isAbsent(cause)) throw new Error(`runner profiles: ${(cause as Error).message}`, { cause })
  }
  const others = filesIn(dirname(file))
  if (others.length === 0) return undefined
  throw new Error(`runner profiles: there is ${others.join(', ')}, must be ${basename(file)}`)
}

/** A mounted ConfigMap has folders beside its keys, all hidden. */
const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
