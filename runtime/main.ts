import { loadFunction } from './functions.ts'
import { giveUp } from './process.ts'
import { run } from './run.ts'

/** `node runtime/main.ts <function> [--once]`: one function in one process. */
// A child of `npm start` ends with it.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

const [name = '', ...args] = process.argv.slice(2)
await run(await loadFunction(name).catch(giveUp), args)
