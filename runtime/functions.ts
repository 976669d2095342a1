import { existsSync, readdirSync } from 'node:fs'
import type { FunctionDefinition } from '#sdk/index.ts'

const folder = new URL('../functions/', import.meta.url)

/** The names of all functions: a folder in `functions/` each. */
const functionNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => existsSync(new URL(`${name}/index.ts`, folder)))
    .sort()

/** Loads a function by the name of its folder. Throws where there is none, or where it calls itself otherwise. */
export const loadFunction = async (name: string): Promise<FunctionDefinition> => {
  const names = functionNames()
  if (!names.includes(name)) throw new Error(`no function is named "${name}"; there are ${names.join(', ')}`)
  const module = (await import(new URL(`${name}/index.ts`, folder).href)) as { default?: FunctionDefinition }
  if (module.default?.name !== name) {
    throw new Error(`functions/${name}/index.ts: the function is named "${module.default?.name}", must be "${name}"`)
  }
  return module.default
}

export const loadFunctions = (): Promise<readonly FunctionDefinition[]> =>
  Promise.all(functionNames().map(loadFunction))
