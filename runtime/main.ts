import { existsSync, readdirSync } from 'node:fs'
import type { FunctionDefinition } from '#sdk/index.ts'
import { giveUp } from './process.ts'
import { run } from './run.ts'

/** `node runtime/main.ts <function> [--once]`: one function in one process, loaded by the name of its folder. */
const functions = new URL('../functions/', import.meta.url)
const names = readdirSync(functions).filter((name) => existsSync(new URL(`${name}/index.ts`, functions)))
const [name = '', ...args] = process.argv.slice(2)
if (!names.includes(name)) giveUp(new Error(`no function is named "${name}"; there are ${names.join(', ')}`))
const module = (await import(new URL(`${name}/index.ts`, functions).href)) as { default: FunctionDefinition }
await run(module.default, args)
