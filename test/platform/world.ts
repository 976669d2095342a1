import { podOf } from '../cluster/audit.ts'
import { liveView } from '../cluster/live-view.ts'
import type { Restart } from '../cluster/permissions.ts'
import type { Fault, Runner, World } from '../scenarios/world.ts'
import { breakFunction, mendFunction } from './broken-function.ts'
import { eventually } from './eventually.ts'
import { aRestrictedNamespace } from './fixtures.ts'
import { haveLateImage } from './late-image.ts'
import type { Platform } from './platform.ts'
import { readmeCommand } from './readme-commands.ts'
import { BENT } from './runner-pods.ts'
import { startSweeperPod, sweepOnce } from './sweeps.ts'
import { deliverTo, NAMES, twice } from './triggers.ts'

/** What cannot be had here, and why. Each that a scenario may need has to be thought of. */
export const notHere: Readonly<Record<Fault, string | undefined>> = {
  'events lost': undefined,
  'events twice': undefined,
  'API server restarted': undefined,
  'admission policy': undefined,
  'sweeper left alone': undefined,
  'node hangs': 'for one Pod a real kubelet cannot; in lost-node.ts it dies under all of its own',
  'two instances': 'Knative alone says how many instances there are, and each event goes to one of them',
  'runner answers': 'the sample runner listens on no port',
  'function down': 'it takes the broker eleven minutes to give up; with less patience, in dead-letters.test.ts',
}

/** Everything here takes longer than where Pods start at once and events come from beside. */
const PATIENCE = 4

/** What the source tells of in each namespace. */
const WATCHED = ['agenticsessions', 'jobs', 'projectsettings']

const PARTS = 'eventing.knative.dev/source=apiserver-source-controller'

/**
 * Namespaces in which scenarios may run beside one another. All at once: each change of what the source watches starts its adapter anew, which
 * loses events of all the others.
 */
export const makeNamespaces = async (platform: Platform, names: readonly string[]): Promise<void> => {
  const { api, kubectl } = platform
  for (const name of names) {
    const { metadata, ...rest } = aRestrictedNamespace(name)
    const labels = { ...metadata.labels, ...BENT }
    await api.post('/api/v1/namespaces', { ...rest, metadata: { name, labels } })
  }
  await kubectl(...readmeCommand('label namespace NAME ambient-code.io/managed=true', { NAME: names }))
  type Source = { readonly status: { readonly namespaces: readonly string[] } }
  await eventually('the source watches all of them', async () => {
    const { status } = await api.get<Source>('/apis/sources.knative.dev/v1/namespaces/dormouse/apiserversources/source')
    return names.every((name) => status.namespaces.includes(name)) ? true : undefined
  })
  await kubectl('rollout', 'status', '-n', 'dormouse', 'deployment', '-l', PARTS, '--timeout=60s')
  const adapter = await eventually('the old adapter has ended', async () => {
    const pods = (await kubectl('get', 'pods', '-n', 'dormouse', '-l', PARTS, '-o', 'name')).trim().split('\n')
    return pods.length === 1 ? pods[0]?.replace('pod/', '') : undefined
  })
  // It says that it is ready before it watches, and what comes until then is lost.
  const wanted = names.flatMap((name) => WATCHED.map((plural) => `/namespaces/${name}/${plural}?`))
  await eventually('the adapter watches all of them', async () => {
    const watches = platform.audit().filter((event) => event.verb === 'watch' && podOf(event) === adapter)
    return wanted.every((part) => watches.some(({ requestURI }) => requestURI.includes(part))) ? true : undefined
  })
}

/** The world of a namespace that `makeNamespaces` made. */
export const worldIn = (platform: Platform, namespace: string): World => {
  const view = liveView(platform, namespace)
  const deliverEvents = async () => {
    await deliverTo(platform, namespace, NAMES)
    await twice(platform, namespace, false)
  }

  return {
    ...view,
    create: async (name, { runner, ...session } = {}) => {
      await view.create(name, { ...session, ...(runner && { runner: slower(runner) }) })
      if (runner?.pullSeconds !== undefined)
        setTimeout(() => void haveLateImage(platform, namespace), runner.pullSeconds * 1000)
    },
    patience: PATIENCE,
    eventually: (what, look, seconds = 30) => view.eventually(what, look, seconds * PATIENCE),
    sweep: () => sweepOnce(platform),
    startSweeper: (periodSeconds) => startSweeperPod(platform, periodSeconds),
    loseEvents: () => deliverTo(platform, namespace, []),
    deliverEvents: async (options = {}) => {
      await deliverEvents()
      if (options.twice) await twice(platform, namespace, true)
    },
    addInstances: unavailable('two instances'),
    restartApiServer: () => restartApiServer(platform),
    breakFunction: (name) => breakFunction(platform, name),
    mendFunction: (name) => mendFunction(platform, name),
  }
}

/** One that is to be seen running has to outlast a cold start of the function that says so. */
const slower = ({ seconds, ...rest }: Runner): Runner => ({
  ...rest,
  ...(seconds !== undefined && { seconds: seconds < 1 ? seconds : Math.min(seconds * PATIENCE, 900) }),
})

const restarts: Restart[] = []

export const restartApiServer = async ({ restart }: Pick<Platform, 'restart'>): Promise<void> => {
  const from = Date.now()
  await restart('kube-apiserver', 'SIGKILL')
  restarts.push({ from, until: Date.now() })
}

export const apiServerRestarts: readonly Restart[] = restarts

const unavailable = (fault: Fault) => (): Promise<never> =>
  Promise.reject(new Error(`this world has no fault "${fault}"`))
