import { join } from 'node:path'
import { freePorts } from '#emulator/host/free-ports.ts'
import type { ControlPlane } from './control-plane.ts'
import { type RunningProcess, startProcess } from './process.ts'

/** A function of ours as a process of its own, with a token of its own rendered ServiceAccount. */
export type FunctionProcess = RunningProcess & { readonly url: string }

const MAIN = join(import.meta.dirname, '../../runtime/main.ts')

const PROFILES = join(import.meta.dirname, '../runner-profiles.yaml')

let started = 0

const launch = async (
  controlPlane: ControlPlane,
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningProcess> => {
  const { hostname, port } = new URL(controlPlane.server)
  return startProcess({
    name,
    command: process.execPath,
    args: [MAIN, name, ...args],
    logFile: join(controlPlane.dir, 'logs', `${name}-${++started}.log`),
    guard: controlPlane.guard,
    env: {
      NAMESPACE: 'dormouse',
      RUNNER_PROFILES: PROFILES,
      HOST: '127.0.0.1',
      METRICS_PORT: '0',
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      SERVICE_ACCOUNT_DIRECTORY: await controlPlane.serviceAccountDirectory('dormouse', name),
      ...env,
    },
  })
}

/** Starts the Knative host of a function; resolves when it is ready for events. */
export const startFunction = async (controlPlane: ControlPlane, name: string): Promise<FunctionProcess> => {
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const running = await launch(controlPlane, name, [], { PORT: String(port) })
  const isReady = () =>
    fetch(`${url}/health/readiness`).then(
      ({ ok }) => ok,
      () => false,
    )
  await running.ready(isReady, 20)
  return { ...running, url }
}

/** Starts a sweeper that goes on until it is stopped. */
export const startSweeper = (controlPlane: ControlPlane, periodSeconds: number): Promise<RunningProcess> =>
  launch(controlPlane, 'timeout-sweeper', [], { SWEEP_PERIOD_SECONDS: String(periodSeconds) })

/** One sweep; throws with its log where it left something undone. */
export const sweepOnce = async (controlPlane: ControlPlane): Promise<void> => {
  const sweeper = await launch(controlPlane, 'timeout-sweeper', ['--once'], {})
  const end = await sweeper.exited
  if (end !== 'exit code 0') throw new Error(`sweep ended with ${end}; see ${sweeper.logFile}`)
}
