import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type RunningProcess, startProcess } from '../cluster/process.ts'
import { cgroupDirs } from './cgroups.ts'
import { REGISTRY } from './images.ts'
import { answers, answersOk, importImage, isNodeReady, kubeletArgs, pathOf } from './node.ts'
import { containerdConfig, kubeconfigFile, kubeletConfig, SECOND_NODE_NAME, socketIn } from './node-files.ts'
import type { Platform, PlatformStart } from './platform.ts'

/** A real node beside the one of the platform, on the same machine and network: a kubelet and a containerd of its own. */
export type SecondNode = {
  /** Its kubelet is killed, so that nobody answers for what runs there, which runs on. */
  readonly fallSilent: () => Promise<void>
  /** Its kubelet starts again; resolves when the Node is Ready. */
  readonly comeBack: () => Promise<void>
  /** The containers that run there, those of sandboxes included. */
  readonly containers: () => Promise<readonly string[]>
  /** Ends it, and deletes the Node. */
  readonly remove: () => Promise<void>
}

/** Keeps all but runners that ask for it away. */
export const SECOND_NODE_TAINT = 'example.com/second'

const HEALTH_PORT = 10258
const PAUSE = `${REGISTRY}/pause:1`
const START_SECONDS = 60

/** Starts it with some of the platform's images, and those of these archives; resolves when the Node is Ready. There may be one at a time. */
export const startSecondNode = async (platform: Platform, archives: readonly string[]): Promise<SecondNode> => {
  const { dir, api } = platform
  const home = join(dir, SECOND_NODE_NAME)
  const bin = join(dir, 'bin')
  const cgroup = `${basename(dir)}/${SECOND_NODE_NAME}`
  for (const folder of [home, ...cgroupDirs(cgroup)]) mkdirSync(folder, { recursive: true })
  const written = (name: string, content: string): string => {
    writeFileSync(join(home, name), content)
    return join(home, name)
  }
  const runtime = written('containerd.toml', containerdConfig({ dir, home }))
  const config = written(
    'kubelet.json',
    JSON.stringify({
      ...kubeletConfig({ dir, home, cgroup }),
      port: 10260,
      healthzPort: HEALTH_PORT,
      registerWithTaints: [{ key: SECOND_NODE_TAINT, effect: 'NoSchedule' }],
    }),
  )
  const start = async (name: string, args: readonly string[], isReady: () => Promise<boolean>) => {
    const logFile = join(dir, 'logs', `${name}-of-${SECOND_NODE_NAME}.log`)
    const env = { PATH: pathOf({ bin }), HOME: '/root' }
    const process = await startProcess({ name, command: join(bin, name), args, logFile, env })
    await process.ready(isReady, START_SECONDS)
    return process
  }
  const containerdSocket = socketIn(home)
  const ctr = (...args: string[]) => platform.run('ctr', ['-a', containerdSocket, '-n', 'k8s.io', ...args])
  const startKubelet = (): Promise<RunningProcess> =>
    start(
      'kubelet',
      kubeletArgs({
        home,
        config,
        kubeconfig: kubeconfigFile(dir, `system:node:${SECOND_NODE_NAME}`),
        name: SECOND_NODE_NAME,
      }),
      async () => (await answersOk(`http://127.0.0.1:${HEALTH_PORT}/healthz`)) && isNodeReady(api, SECOND_NODE_NAME),
    )

  const containerd = await start('containerd', ['-c', runtime], () => answers(() => ctr('version')))
  for (const archive of [archiveOfPause(dir), ...archives]) await importImage({ bin, containerdSocket }, archive)
  let kubelet = await startKubelet()
  return {
    fallSilent: () => kubelet.kill(),
    comeBack: async () => {
      kubelet = await startKubelet()
    },
    containers: async () => (await ctr('tasks', 'list', '-q')).split('\n').filter(Boolean),
    remove: async () => {
      await kubelet.stop()
      await containerd.stop()
      await api.delete(`/api/v1/nodes/${SECOND_NODE_NAME}`).catch(() => undefined) // a test may have
    },
  }
}

/** What every sandbox runs. */
const archiveOfPause = (dir: string): string => {
  const { parts } = JSON.parse(readFileSync(join(dir, 'start.json'), 'utf8')) as Pick<PlatformStart, 'parts'> // main.ts wrote it
  return parts.images.find(({ reference }) => reference === PAUSE)?.archive ?? ''
}
