import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Guard, startGuard } from '#emulator/host/guard.ts'
import { type ApiClient, connectApi } from './api-client.ts'
import { type AuditEvent, followAuditLog } from './audit.ts'
import { ensureBinaries } from './binaries.ts'
import { apiServerArgs, controllerManagerArgs, etcdArgs } from './control-plane-args.ts'
import { type Kubectl, kubectlWith } from './kubectl.ts'
import { freeAddress, layOut } from './layout.ts'
import { type RunningProcess, startProcess } from './process.ts'
import { serviceAccounts } from './service-accounts.ts'

export type ControlPlaneOptions = {
  /** Added to kube-apiserver's command line, where the later flag wins. */
  readonly apiServerArgs?: readonly string[]
  /** Without them objects stay as the API server left them; a namespace has no ServiceAccount by itself. */
  readonly hasControllers?: boolean
}

/** A real etcd, kube-apiserver and kube-controller-manager on 127.0.0.1, with RBAC, an audit log, and no node. */
export type ControlPlane = {
  /** `https://127.0.0.1:<port>`, the same after a restart. */
  readonly server: string
  /** `http://127.0.0.1:<port>`, where etcd answers JSON. */
  readonly etcd: string
  readonly caFile: string
  readonly adminKubeconfig: string
  /** Holds everything the control plane writes; `KEEP=1` keeps it after `stop`. */
  readonly dir: string
  /** As a member of system:masters. */
  readonly api: ApiClient
  readonly kubectl: Kubectl
  /** A TokenRequest; the API server refuses less than 600 seconds (default 3600). */
  readonly serviceAccountToken: (namespace: string, name: string, seconds?: number) => Promise<string>
  /** Writes `token`, `ca.crt` and `namespace` as in /var/run/secrets/kubernetes.io/serviceaccount; returns the folder. */
  readonly serviceAccountDirectory: (namespace: string, name: string) => Promise<string>
  /** Writes a kubeconfig with a token of this ServiceAccount, good for an hour; returns its path. */
  readonly serviceAccountKubeconfig: (namespace: string, name: string) => Promise<string>
  /** All requests answered so far, oldest first; those of a running watch come when it ends. */
  readonly audit: () => readonly AuditEvent[]
  /** The audit events of all watches that the API server has begun to answer, ended or not. */
  readonly openedWatches: () => readonly AuditEvent[]
  /** Resolves when the process is gone. SIGKILL is a crash: connections break, nothing is drained. */
  readonly stopApiServer: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>
  /** Same port, certificate and keys; resolves when /readyz says ok. */
  readonly startApiServer: () => Promise<void>
  readonly restartApiServer: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>
  /** The processes of the control plane that run now. */
  readonly pids: () => readonly number[]
  /** Where other processes of the test register, to be ended with it whatever happens. */
  readonly guard: Guard
  /** Runs `task` at the begin of `stop`, last registered first. */
  readonly atStop: (task: () => Promise<void>) => void
  /** Ends everything and removes `dir`. Safe to repeat. */
  readonly stop: () => Promise<void>
}

const START_SECONDS = 60

/**
 * Starts a control plane in a fresh temporary directory and resolves when Pods can be created in `default`. Throws
 * with the end of the log of the process that failed, and leaves nothing behind. All ends with this process.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await ensureBinaries()
  const guard = startGuard()
  const dir = mkdtempSync(join(tmpdir(), 'dormouse-control-plane-'))
  const { KEEP } = process.env
  const isKept = KEEP === '1'
  if (!isKept) guard.keepClean(dir)
  const started: RunningProcess[] = []
  const tasks: (() => Promise<void>)[] = []
  let connected: ApiClient | undefined

  const end = async (): Promise<void> => {
    try {
      for (const task of tasks.reverse()) await task()
    } finally {
      await Promise.all(started.map((each) => each.kill())) // what they would still write is removed anyway
      connected?.close()
      if (!isKept) rmSync(dir, { recursive: true, force: true })
      await guard.close()
    }
  }
  let ending: Promise<void> | undefined
  const stop = (): Promise<void> => {
    ending ??= end()
    return ending
  }

  const run = async (name: string, command: string, args: readonly string[]): Promise<RunningProcess> => {
    const process = await startProcess({ name, command, args, logFile: join(dir, 'logs', `${name}.log`), guard })
    started.push(process)
    return process
  }

  try {
    const layout = layOut(dir, await freeAddress())
    const launchApiServer = () =>
      run('kube-apiserver', binaries.kubeApiserver, [...apiServerArgs(layout), ...(options.apiServerArgs ?? [])])

    const etcd = await run('etcd', binaries.etcd, etcdArgs(layout))
    let apiServer = await launchApiServer()
    await Promise.all([
      etcd.ready(() => isHealthy(layout.etcdPort), START_SECONDS),
      apiServer.ready(() => hasContent(layout.servingKeyFile), START_SECONDS),
    ])
    const api = connectApi({
      server: layout.server,
      ca: readFileSync(layout.caFile, 'utf8'),
      token: layout.credentials.adminToken,
    })
    connected = api
    const controllers =
      options.hasControllers === false
        ? undefined
        : await run(
            'kube-controller-manager',
            binaries.kubeControllerManager,
            controllerManagerArgs(layout), // it waits for the API server by itself
          )
    await apiServer.ready(() => answers(api, '/readyz'), START_SECONDS)
    await controllers?.ready(() => acceptsPods(api), START_SECONDS)

    const stopApiServer: ControlPlane['stopApiServer'] = (signal = 'SIGTERM') =>
      signal === 'SIGKILL' ? apiServer.kill() : apiServer.stop(20)
    const startApiServer = async (): Promise<void> => {
      if (apiServer.isRunning()) throw new Error(`start kube-apiserver: it runs already, as process ${apiServer.pid}`)
      apiServer = await launchApiServer()
      await apiServer.ready(() => answers(api, '/readyz'), START_SECONDS)
    }
    const auditEvents = followAuditLog(layout.auditLogFile)
    return {
      server: layout.server,
      etcd: `http://127.0.0.1:${layout.etcdPort}`,
      caFile: layout.caFile,
      adminKubeconfig: layout.adminKubeconfig,
      dir,
      api,
      kubectl: kubectlWith(binaries.kubectl, layout.adminKubeconfig, join(dir, 'kubectl-cache')),
      ...serviceAccounts({ api, dir, server: layout.server, caFile: layout.caFile }),
      audit: () => auditEvents().filter(({ stage }) => stage !== 'ResponseStarted'),
      openedWatches: () => auditEvents().filter(({ stage, verb }) => stage === 'ResponseStarted' && verb === 'watch'),
      stopApiServer,
      startApiServer,
      restartApiServer: async (signal) => {
        await stopApiServer(signal)
        await startApiServer()
      },
      pids: () => started.filter((each) => each.isRunning()).map(({ pid }) => pid),
      guard,
      atStop: (task) => tasks.push(task),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function isHealthy(etcdPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${etcdPort}/health`)).ok
  } catch {
    return false // not yet
  }
}

function hasContent(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
}

async function answers(api: ApiClient, path: string): Promise<boolean> {
  try {
    await api.get(path)
    return true
  } catch {
    return false // not yet: whoever waits for it knows for how long
  }
}

// Admission refuses a Pod while its namespace has no ServiceAccount, which the controllers make.
async function acceptsPods(api: ApiClient): Promise<boolean> {
  const made = ['serviceaccounts/default', 'configmaps/kube-root-ca.crt']
  const answered = await Promise.all(made.map((path) => answers(api, `/api/v1/namespaces/default/${path}`)))
  return answered.every(Boolean)
}
