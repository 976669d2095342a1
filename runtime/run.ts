import { once } from 'node:events'
import { parseArgs } from 'node:util'
import type { FunctionDefinition } from '#sdk/index.ts'
import { runCommand } from './command.ts'
import { giveUp, startProcess } from './process.ts'
import { sweepOnce, sweepUntil } from './sweeper.ts'

/**
 * Runs one function under the host that fits what wakes it: the sweeper for a schedule, once and no more where it is a command, else the Knative HTTP host. With `--once` a
 * sweeper ends after one sweep, with code 1 if that left something undone. Resolves once a signal has come and all work is done.
 */
export const run = async (fn: FunctionDefinition, args: readonly string[]): Promise<void> => {
  const isSweeper = fn.on.some((trigger) => 'everyMinutes' in trigger)
  try {
    const { values } = parseArgs({ args: [...args], options: isSweeper ? { once: { type: 'boolean' } } : {} })
    if (fn.on.some((trigger) => 'command' in trigger)) await runAsCommand(fn)
    else await (isSweeper ? runSweeper(fn, 'once' in values && values.once === true) : runKnative(fn))
  } catch (error) {
    giveUp(error)
  }
}

const runKnative = async (fn: FunctionDefinition): Promise<void> => {
  // A sweeper starts without a web server.
  const { buildKnativeHost } = await import('./knative.ts')
  const { config, ports, metrics, signal, close } = await startProcess(fn)
  const app = buildKnativeHost(fn, ports, metrics)
  await app.listen({ host: config.host, port: config.port })
  ports.log.info({ port: config.port, startMs: Math.round(performance.now()) }, 'listening')
  if (!signal.aborted) await once(signal, 'abort')
  await app.close()
  await close()
}

/** CronJobs are made by the backend, which tells them neither its own namespace nor a port. */
const runAsCommand = async (fn: FunctionDefinition): Promise<void> => {
  const env = { BACKEND_NAMESPACE: 'ambient-code', ...process.env, METRICS_PORT: '0' }
  const { ports, close } = await startProcess(fn, env)
  const { state } = await runCommand(fn, ports, env)
  if (state === 'failed' || state === 'rejected') process.exitCode = 1
  await close()
}

const runSweeper = async (fn: FunctionDefinition, isOnce: boolean): Promise<void> => {
  const { config, ports, metrics, signal, close } = await startProcess(fn)
  const sweep = () => sweepOnce(fn, ports, metrics)
  if (isOnce) {
    const { state } = await sweep()
    if (state === 'failed' || state === 'rejected') process.exitCode = 1
  } else await sweepUntil(signal, config.sweepPeriodSeconds, sweep)
  await close()
}
