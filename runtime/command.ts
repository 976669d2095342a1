import { CloudEvent } from 'cloudevents'
import type { FunctionDefinition, Outcome, Ports } from '#sdk/index.ts'

/** Runs a function that is a command once, on what it wants to know of the environment. */
export const runCommand = async (fn: FunctionDefinition, ports: Ports, env: NodeJS.ProcessEnv): Promise<Outcome> => {
  const names = fn.on.flatMap((trigger) => ('command' in trigger ? trigger.command : []))
  const data = Object.fromEntries(names.map((name) => [name, env[name]]))
  const event = new CloudEvent({ type: 'dev.dormouse.command', source: `/dormouse/${fn.name}`, data })
  const outcome = await fn.handle(event, ports)
  if (outcome.state === 'failed' || outcome.state === 'rejected')
    ports.log.error({ state: outcome.state, reason: outcome.reason, cause: outcome.error.message }, 'not done')
  return outcome
}
