import { join } from 'node:path'
import { freePorts } from '#emulator/host/free-ports.ts'
import type { ControlPlane } from './control-plane.ts'
import { type RunningProcess, startProcess } from './process.ts'

/** A function of ours as a process of its own, with a token of its own rendered ServiceAccount. */
export type FunctionProcess = RunningProcess & { readonly url: string }

const MAIN = join(import.meta.dirname, '../../runtime/main.ts')
const OPERATOR = join(import.meta.dirname, '../../runtime/operator.ts')

const PROFILES = join(import.meta.dirname, '../runner-profiles.yaml')

let started = 0

/** `account` is whose token it has: by default that of its own name. */
const launch = async (
  controlPlane: ControlPlane,
  { name, account = name }: { readonly name: string; readonly account?: string },
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningProcess> => {
  const { hostname, port } = new URL(controlPlane.server)
  return startProcess({
    name,
    command: process.execPath,
    args: name === 'operator' ? [OPERATOR, ...args] : [MAIN, name, ...args],
    logFile: join(controlPlane.dir, 'logs', `${name}-${++started}.log`),
    guard: controlPlane.guard,
    env: {
      NAMESPACE: 'dormouse',
      RUNNER_PROFILES: PROFILES,
      HOST: '127.0.0.1',
      METRICS_PORT: '0',
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      SERVICE_ACCOUNT_DIRECTORY: await controlPlane.serviceAccountDirectory('dormouse', account),
      ...env,
    },
  })
}

/** Starts the Knative host of a function; resolves when it is ready for events. */
export const startFunction = async (
  controlPlane: ControlPlane,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<FunctionProcess> => {
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const running = await launch(controlPlane, { name }, [], { PORT: String(port), ...env })
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
  launch(controlPlane, { name: 'timeout-sweeper' }, [], { SWEEP_PERIOD_SECONDS: String(periodSeconds) })

/** One sweep; throws with its log where it left something undone. */
export const sweepOnce = async (controlPlane: ControlPlane, account = 'timeout-sweeper'): Promise<void> => {
  const sweeper = await launch(controlPlane, { name: 'timeout-sweeper', account }, ['--once'], {})
  const end = await sweeper.exited
  if (end !== 'exit code 0') throw new Error(`sweep ended with ${end}; see ${sweeper.logFile}`)
}

/** The always-on host, with its probes and metrics on ports of its own. */
export type OperatorProcess = RunningProcess & {
  /** What `/readyz` says: `ok`, or what stands in the way; empty while nobody answers. */
  readiness(): Promise<string>
  /** The value of a line of `/metrics`; `undefined` where there is none. */
  metric(line: string): Promise<number | undefined>
}

/** Starts the always-on host. It may not be ready yet. */
export const startOperator = async (
  controlPlane: ControlPlane,
  flags: readonly string[] = [],
): Promise<OperatorProcess> => {
  const [metricsPort = 0, probePort = 0] = await freePorts(2)
  const addresses = [
    `--metrics-bind-address=127.0.0.1:${metricsPort}`,
    `--health-probe-bind-address=127.0.0.1:${probePort}`,
  ]
  const running = await launch(controlPlane, { name: 'operator' }, [...addresses, ...flags], {})
  const textAt = (url: string): Promise<string> =>
    fetch(url).then(
      (response) => response.text(),
      () => '',
    )
  return {
    ...running,
    readiness: async () => (await textAt(`http://127.0.0.1:${probePort}/readyz`)).trim(),
    metric: async (line) => {
      const text = await textAt(`http://127.0.0.1:${metricsPort}/metrics`)
      const found = text.split('\n').find((each) => each.startsWith(`${line} `))
      return found === undefined ? undefined : Number(found.slice(line.length + 1))
    },
  }
}
