import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import pLimit from 'p-limit'
import { type ApiClient, connectApi } from '../cluster/api-client.ts'
import { type AuditEvent, followAuditLog } from '../cluster/audit.ts'
import { type Kubectl, kubectlWith } from '../cluster/kubectl.ts'
import { type ServiceAccounts, serviceAccounts } from '../cluster/service-accounts.ts'
import { askSupervisor } from './control.ts'
import { installKinds, installPlatform } from './install.ts'
import { prepareMachine } from './machine.ts'
import { importImage, pathOf, startApi, startNode } from './node.ts'
import { type NodeFiles, writeNodeFiles } from './node-files.ts'
import type { Parts } from './parts.ts'
import { createSupervisor, type EndSignal, type Supervisor } from './supervisor.ts'

/** What takes its time, in seconds since the begin. */
export type Timings = Readonly<Record<'api' | 'node' | 'images' | 'ready', number>>

/** What another process of the same machine must know to use a platform; kept in `platform.json`. */
type Access = Pick<NodeFiles, 'bin' | 'containerdSocket'> & {
  readonly dir: string
  readonly server: string
  readonly caFile: string
  readonly adminToken: string
  readonly kubeconfig: string
  readonly kubectl: string
  readonly auditLogFile: string
  readonly timings: Timings
}

/** One real node with Knative Serving, Knative Eventing and KEDA, as a process of its machine sees it. */
export type Platform = ServiceAccounts & {
  /** Holds everything the platform writes; each service's log is `logs/<name>.log`. */
  readonly dir: string
  readonly server: string
  /** Of a member of system:masters. */
  readonly kubeconfig: string
  readonly kubectl: Kubectl
  /** As a member of system:masters. */
  readonly api: ApiClient
  readonly auditLogFile: string
  /** All requests answered so far, oldest first; those of a running watch come when it ends. */
  readonly audit: () => readonly AuditEvent[]
  /** Gives the node the images of an archive: that of `docker save`, or an OCI layout in a tar. */
  readonly loadImage: (archive: string) => Promise<void>
  /** Resolves when the service (`kube-apiserver`, `kubelet`, `containerd`, ...) is ready again. */
  readonly restart: (service: string, signal?: EndSignal) => Promise<void>
  /** Runs a command with `KUBECONFIG` set, and returns its standard output. */
  readonly run: (command: string, args: readonly string[]) => Promise<string>
  readonly timings: Timings
}

export type PlatformStart = {
  /** An empty directory. Its last part names the cgroup that Pods go below. */
  readonly dir: string
  readonly parts: Parts
  /** When somebody first asked for it, in ms since 1970; timings count from here. */
  readonly began: number
  readonly onProgress?: (line: string) => void
}

const run = promisify(execFile)
const IMPORTS_AT_ONCE = 3

/**
 * Makes a platform of this process's machine, which must be one of `enclose`: it takes all of it. Resolves when all
 * parts are ready. There is no stop: all ends with the enclosure.
 */
export async function startPlatform({
  dir,
  parts,
  began,
  onProgress = () => undefined,
}: PlatformStart): Promise<Supervisor> {
  const seconds = (what: string): number => {
    const passed = (Date.now() - began) / 1000
    onProgress(`${what} after ${passed.toFixed(1)} s`)
    return passed
  }
  await prepareMachine(dir)
  const files = await writeNodeFiles(dir, parts.programs, basename(dir))
  const supervisor = createSupervisor(join(dir, 'logs'), pathOf(files))
  const api = await startApi(files, parts, supervisor)
  const timings = { api: seconds('API server ready') }
  const { layout } = files
  const kubectl = kubectlWith(parts.programs['kubectl'] ?? '', layout.adminKubeconfig, join(dir, 'kubectl-cache'))
  const target = { api, kubectl, parts }
  const limit = pLimit(IMPORTS_AT_ONCE)
  const images = Promise.all(parts.images.map(({ archive }) => limit(() => importImage(files, archive)))).then(() =>
    seconds(`${parts.images.length} images loaded`),
  )
  const node = startNode(files, api, parts, supervisor).then(() => seconds('Node ready'))
  const [objects, ...done] = await Promise.all([installKinds(target), images, node])
  await installPlatform(target, objects)
  const access: Access = {
    dir,
    bin: files.bin,
    containerdSocket: files.containerdSocket,
    server: layout.server,
    caFile: layout.caFile,
    adminToken: layout.credentials.adminToken,
    kubeconfig: layout.adminKubeconfig,
    kubectl: parts.programs['kubectl'] ?? '',
    auditLogFile: layout.auditLogFile,
    timings: { ...timings, images: done[0], node: done[1], ready: seconds('Knative and KEDA ready') },
  }
  writeFileSync(join(dir, 'platform.json'), JSON.stringify(access, undefined, 2), { mode: 0o600 })
  api.close()
  return supervisor
}

/** Names the directory of the platform that a command runs in. */
export const PLATFORM_VARIABLE = 'DORMOUSE_PLATFORM'

/** The platform that this process runs in; throws when it runs in none. */
export function thePlatform(): Platform {
  const dir = process.env[PLATFORM_VARIABLE]
  if (dir === undefined) throw new Error(`${PLATFORM_VARIABLE} is not set: run this with \`npm run test:platform\``)
  const access = JSON.parse(readFileSync(join(dir, 'platform.json'), 'utf8')) as Access // startPlatform wrote it
  const { server, caFile, adminToken: token, kubeconfig, auditLogFile, timings } = access
  const api = connectApi({ server, ca: readFileSync(caFile, 'utf8'), token })
  const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: `${access.bin}:${process.env['PATH']}` }
  return {
    ...serviceAccounts({ api, dir, server, caFile }),
    dir,
    server,
    kubeconfig,
    kubectl: kubectlWith(access.kubectl, kubeconfig, join(dir, 'kubectl-cache')),
    api,
    auditLogFile,
    audit: followAuditLog(auditLogFile),
    loadImage: (archive) => importImage(access, archive),
    restart: (service, signal = 'SIGTERM') => askSupervisor(dir, service, signal),
    run: async (command, args) => (await run(command, [...args], { env, maxBuffer: 2 ** 28 })).stdout,
    timings,
  }
}
