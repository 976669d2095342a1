import { runAlwaysOn } from './always-on/run.ts'
import { loadFunctions } from './functions.ts'
import { giveUp } from './process.ts'

/** `node runtime/operator.ts [flags]`: all functions in one process, on watches. */
await runAlwaysOn(await loadFunctions().catch(giveUp), process.argv.slice(2))
