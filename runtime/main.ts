import { loadFunction } from './functions.ts'
import { giveUp } from './process.ts'
import { run } from './run.ts'

/** `node runtime/main.ts <function> [--once]`: one function in one process. */
// A child of `npm start` ends with it, also where it is gone before we are up.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
if (process.send !== undefined && !process.connected) process.exit(1)

const [name = '', ...args] = process.argv.slice(2)
await run(await loadFunction(name).catch(giveUp), args)
