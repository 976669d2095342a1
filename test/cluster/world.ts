import { projectSettingsKind } from '#reconcilers/project/schema.ts'
import type { Fault, World } from '../scenarios/world.ts'
import type { ControlPlane } from './control-plane.ts'
import { type FunctionProcess, startFunction, startSweeper, sweepOnce } from './function-process.ts'
import { liveView } from './live-view.ts'
import type { Restart } from './permissions.ts'
import { type ReceiveAdapter, startReceiveAdapter } from './receive-adapter.ts'
import { renderedSource } from './rendered-source.ts'
import { type RunningRunners, startRunners } from './runners.ts'

/** What happens to our functions and their events, whatever the scenario. */
export type Stage = {
  world(namespace: string): Promise<World>
  /** Only this function hears of changes from here on. */
  deliverOnlyTo(name: Name): Promise<void>
  /** Back to one instance of each function, every event once, and no sweeper. */
  reset(): Promise<void>
  readonly functions: () => readonly FunctionProcess[]
  /** When the API server was ready again after a restart, in ms since 1970. */
  readonly restarts: readonly Restart[]
  close(): Promise<void>
}

export const faultsHere: readonly Fault[] = [
  'events lost',
  'events twice',
  'two instances',
  'API server restarted',
  'admission policy',
  'node hangs',
  'sweeper left alone',
  'runner answers',
]

const names = ['on-session-event', 'on-job-event', 'on-project-event'] as const
type Name = (typeof names)[number]

/** Functions as processes, real receive adapters that post to them, and the scenarios' view on it. */
export const createStage = (controlPlane: ControlPlane): Stage => {
  const { api } = controlPlane
  const instances: Record<Name, FunctionProcess[]> = {
    'on-session-event': [],
    'on-job-event': [],
    'on-project-event': [],
  }
  let adapters: ReceiveAdapter[] = []
  /** After a restart of the API server they may pause for a minute before they watch again: what is made meanwhile they never tell. */
  let isPausing = false
  let sweepers: Awaited<ReturnType<typeof startSweeper>>[] = []
  let count = 0
  const restarts: Restart[] = []
  let started: Promise<RunningRunners> | undefined
  const runners = () => {
    started ??= startRunners(controlPlane)
    return started
  }
  const start = async (name: Name) => startFunction(controlPlane, name, (await runners()).env)

  const { namespace: home, serviceAccount, resourcesFor } = renderedSource()
  const addAdapter = async (name: Name, sink: string) => {
    const kubeconfig = await controlPlane.serviceAccountKubeconfig(home, serviceAccount)
    const options = { name: `${name}-${++count}`, sink, resources: resourcesFor(name), kubeconfig }
    adapters.push(await startReceiveAdapter(controlPlane, options))
  }
  const loseEvents = async () => {
    await Promise.all(adapters.map((adapter) => adapter.kill()))
    adapters = []
  }
  const deliverEvents = async () => {
    await Promise.all(names.flatMap((name) => instances[name].map(({ url }) => addAdapter(name, url))))
  }
  const stopSweepers = async () => {
    await Promise.all(sweepers.map((sweeper) => sweeper.stop()))
    sweepers = []
  }

  const reset = async () => {
    await stopSweepers()
    const isUsual =
      !isPausing && adapters.length === names.length && names.every((name) => instances[name].length === 1)
    if (isUsual) return
    await loseEvents()
    for (const name of names) {
      await Promise.all(instances[name].splice(1).map((instance) => instance.stop()))
      if (instances[name].length === 0) instances[name].push(await start(name))
    }
    await deliverEvents()
    isPausing = false
  }

  const world = async (namespace: string): Promise<World> => {
    await api.post('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'ambient-code.io/managed': 'true' } },
    })
    const view = liveView(controlPlane, namespace)
    const isProjectReady = async () => {
      const [settings] = await view.list(projectSettingsKind)
      return (
        settings?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') || undefined
      )
    }
    // Where nobody delivers events, nobody hears of the namespace before a sweep.
    if (adapters.length > 0) await view.eventually('its project is ready', isProjectReady)
    return {
      ...view,
      runners: (await runners()).runnersOf(namespace),
      sweep: () => sweepOnce(controlPlane),
      startSweeper: async (periodSeconds) => {
        sweepers.push(await startSweeper(controlPlane, periodSeconds))
      },
      loseEvents,
      deliverEvents: async ({ twice = false } = {}) => {
        if (adapters.length === 0) await deliverEvents()
        if (twice) await deliverEvents()
      },
      addInstances: async () => {
        for (const name of names) {
          const instance = await start(name)
          instances[name].push(instance)
          await addAdapter(name, instance.url)
        }
      },
      restartApiServer: async () => {
        const from = Date.now()
        await controlPlane.restartApiServer('SIGKILL')
        isPausing = true
        restarts.push({ from, until: Date.now() })
      },
      breakFunction: notHere,
      mendFunction: notHere,
    }
  }

  return {
    world,
    reset,
    deliverOnlyTo: async (name) => {
      await loseEvents()
      await Promise.all(instances[name].map(({ url }) => addAdapter(name, url)))
    },
    functions: () => Object.values(instances).flat(),
    restarts,
    close: async () => {
      await stopSweepers()
      await loseEvents()
      ;(await started)?.close()
      await Promise.all(
        Object.values(instances)
          .flat()
          .map((instance) => instance.stop()),
      )
    },
  }
}

/** There is no broker that would give up. */
const notHere = (): Promise<never> => Promise.reject(new Error('this world has no fault "function down"'))
