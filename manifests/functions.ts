import { existsSync, readdirSync } from 'node:fs'
import type { FunctionDefinition } from '#sdk/index.ts'

const folder = new URL('../functions/', import.meta.url)

/** Every function there is: one for each folder in `functions/`. Throws where a folder and its function differ in name. */
export const loadFunctions = async (): Promise<readonly FunctionDefinition[]> => {
  const names = readdirSync(folder)
    .filter((name) => existsSync(new URL(`${name}/index.ts`, folder)))
    .sort()
  return Promise.all(
    names.map(async (name) => {
      const { default: fn } = (await import(new URL(`${name}/index.ts`, folder).href)) as {
        default: FunctionDefinition
      }
      if (fn?.name !== name)
        throw new Error(`functions/${name}/index.ts: the function is named "${fn?.name}", must be "${name}"`)
      return fn
    }),
  )
}
