import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type ApiClient, connectApi } from '../cluster/api-client.ts'
import { apiServerArgs, controllerManagerArgs, etcdArgs } from '../cluster/control-plane-args.ts'
import { NODE_IP } from './machine.ts'
import { NODE_NAME, type NodeFiles } from './node-files.ts'
import type { Parts } from './parts.ts'
import type { Service, Supervisor } from './supervisor.ts'

const run = promisify(execFile)

/** Starts etcd, containerd and the API server; resolves when it answers an administrator. */
export async function startApi(files: NodeFiles, { programs }: Parts, { start }: Supervisor): Promise<ApiClient> {
  const { layout } = files
  const program = (name: string): string => programs[name] ?? ''
  const isSelfSigned = (): boolean => (statSync(layout.servingKeyFile, { throwIfNoEntry: false })?.size ?? 0) > 0
  let api: ApiClient | undefined
  const isReady = async (): Promise<boolean> => {
    if (!isSelfSigned()) return false
    const ca = readFileSync(layout.caFile, 'utf8')
    api ??= connectApi({ server: layout.server, ca, token: layout.credentials.adminToken })
    return answers(() => api?.get('/readyz'))
  }
  await start({ name: 'etcd', command: program('etcd'), args: etcdArgs(layout) })
  await Promise.all([
    start(containerd(files)),
    start({
      name: 'kube-apiserver',
      command: program('kube-apiserver'),
      args: [
        ...apiServerArgs(layout),
        '--bind-address=0.0.0.0',
        `--advertise-address=${NODE_IP}`,
        '--endpoint-reconciler-type=lease',
        '--authorization-mode=Node', // beside RBAC,
        `--kubelet-client-certificate=${files.kubeletClient.cert}`,
        `--kubelet-client-key=${files.kubeletClient.key}`,
        '--kubelet-preferred-address-types=InternalIP',
      ],
      isReady,
    }),
  ])
  if (api === undefined) throw new Error('start kube-apiserver: ready without having been asked')
  return api
}

/** Starts what makes a node of an API server; resolves when the Node is Ready. */
export async function startNode(files: NodeFiles, api: ApiClient, { programs }: Parts, { start }: Supervisor) {
  const { layout, kubeconfigOf } = files
  const schedulerConfig = kubeconfigOf('system:kube-scheduler')
  const services: readonly Service[] = [
    {
      name: 'kube-controller-manager',
      command: programs['kube-controller-manager'] ?? '',
      args: [...controllerManagerArgs(layout), '--controllers=*'],
      isReady: () => answers(() => api.get('/api/v1/namespaces/default/serviceaccounts/default')),
    },
    {
      name: 'kube-scheduler',
      command: programs['kube-scheduler'] ?? '',
      args: [
        `--kubeconfig=${schedulerConfig}`,
        '--leader-elect=false',
        '--secure-port=0',
        '--kube-api-qps=200',
        '--kube-api-burst=400',
      ],
    },
    {
      name: 'kubelet',
      command: programs['kubelet'] ?? '',
      args: kubeletArgs({
        home: layout.dir,
        config: files.kubeletConfig,
        kubeconfig: kubeconfigOf(`system:node:${NODE_NAME}`),
        name: NODE_NAME,
      }),
      isReady: async () => (await answersOk('http://127.0.0.1:10248/healthz')) && (await isNodeReady(api, NODE_NAME)),
    },
    { name: 'coredns', command: programs['coredns'] ?? '', args: ['-conf', files.corefile] },
    { name: 'kube-proxy', command: programs['kube-proxy'] ?? '', args: [`--config=${files.kubeProxyConfig}`] },
  ]
  await Promise.all(services.map(start))
}

type Node = { readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] } }

export async function isNodeReady(api: ApiClient, name: string): Promise<boolean> {
  const node = await api.get<Node>(`/api/v1/nodes/${name}`).catch(() => undefined)
  return node?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

type KubeletStart = Readonly<Record<'home' | 'config' | 'kubeconfig' | 'name', string>>

export function kubeletArgs({ home, config, kubeconfig, name }: KubeletStart): readonly string[] {
  return [
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${name}`,
    `--node-ip=${NODE_IP}`,
    `--root-dir=${join(home, 'kubelet')}`,
    `--cert-dir=${join(home, 'kubelet-pki')}`,
  ]
}

function containerd({ bin, containerdConfig, containerdSocket }: NodeFiles): Service {
  return {
    name: 'containerd',
    command: join(bin, 'containerd'),
    args: ['-c', containerdConfig],
    isReady: () => answers(() => run(join(bin, 'ctr'), ['-a', containerdSocket, 'version'])),
  }
}

/** The PATH of everything on the node. */
export function pathOf({ bin }: Pick<NodeFiles, 'bin'>): string {
  return [bin, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter)
}

/** Hands an archive (of `docker save`, or an OCI layout) to the node, where its images have the names it gives them. */
export async function importImage(
  { bin, containerdSocket }: Pick<NodeFiles, 'bin' | 'containerdSocket'>,
  archive: string,
) {
  await run(join(bin, 'ctr'), ['-a', containerdSocket, '-n', 'k8s.io', 'images', 'import', archive])
}

export async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false // not yet
  }
}

export async function answers(ask: () => Promise<unknown> | undefined): Promise<boolean> {
  try {
    await ask()
    return true
  } catch {
    return false // not yet
  }
}
