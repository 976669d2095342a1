import type { Fault, World } from '../scenarios/world.ts'
import type { ControlPlane } from './control-plane.ts'
import { type OperatorProcess, startOperator, sweepOnce } from './function-process.ts'
import { liveView } from './live-view.ts'
import type { Restart } from './permissions.ts'

/** Nothing stands between this world's API server and its functions that could lose an event, or bring one twice. */
export const faultsAlwaysOn: readonly Fault[] = [
  'two instances',
  'API server restarted',
  'admission policy',
  'node hangs',
  'sweeper left alone',
]

export type AlwaysOnStage = {
  world(namespace: string): Promise<World>
  /** Back to one process, which is ready. */
  reset(): Promise<void>
  readonly restarts: readonly Restart[]
  readonly operators: () => readonly OperatorProcess[]
  close(): Promise<void>
}

/** All functions in one process on watches, without an adapter, a broker, or a sweeper of its own. */
export const createAlwaysOnStage = (controlPlane: ControlPlane): AlwaysOnStage => {
  let operators: OperatorProcess[] = []
  const restarts: Restart[] = []
  const add = async () => {
    const operator = await startOperator(controlPlane)
    operators.push(operator)
    await operator.ready(async () => (await operator.readiness()) === 'ok', 20)
  }
  const notHere = (): Promise<never> => Promise.reject(new Error('this world has no such fault'))

  return {
    world: async (namespace) => {
      await makeManaged(controlPlane, namespace)
      return {
        ...liveView(controlPlane, namespace),
        // The host sweeps by itself, too seldom for a test: this one is by hand, with the same permissions.
        sweep: () => sweepOnce(controlPlane, 'operator'),
        startSweeper: async () => undefined,
        loseEvents: notHere,
        deliverEvents: notHere,
        addInstances: add,
        restartApiServer: async () => {
          const from = Date.now()
          await controlPlane.restartApiServer('SIGKILL')
          restarts.push({ from, until: Date.now() })
        },
        breakFunction: notHere,
        mendFunction: notHere,
      }
    },
    reset: async () => {
      await Promise.all(operators.splice(1).map((operator) => operator.stop()))
      if (operators[0]?.isRunning() !== true) {
        operators = []
        await add()
      }
    },
    restarts,
    operators: () => operators,
    close: async () => {
      await Promise.all(operators.map((operator) => operator.stop()))
      operators = []
    },
  }
}

export const makeManaged = ({ api }: ControlPlane, namespace: string): Promise<unknown> =>
  api.post('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'ambient-code.io/managed': 'true' } },
  })
