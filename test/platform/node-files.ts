import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { writeKubeconfig } from '../cluster/credentials.ts'
import { type Address, type Layout, layOut } from '../cluster/layout.ts'
import { nodeComponents } from './components.ts'
import { REGISTRY } from './images.ts'
import { BRIDGE, NODE_IP, POD_SUBNET } from './machine.ts'

export const NODE_NAME = 'dormouse'
/** Of a node that a test may start beside it, and end: `second-node.ts`. */
export const SECOND_NODE_NAME = 'dormouse-2'
export const CLUSTER_DOMAIN = 'cluster.local'

/** In the platform's own network, so that the usual ports are free. */
const ADDRESS: Address = { ip: NODE_IP, etcdPort: 2379, etcdPeerPort: 2380, apiServerPort: 6443 }

/** Where the parts of one platform have their files. */
export type NodeFiles = {
  readonly layout: Layout
  readonly bin: string
  readonly containerdSocket: string
  readonly containerdConfig: string
  readonly kubeletConfig: string
  readonly kubeProxyConfig: string
  readonly corefile: string
  /** How the API server shows the kubelet who it is. */
  readonly kubeletClient: { readonly cert: string; readonly key: string }
  readonly kubeconfigOf: (user: User) => string
}

/** The identities of the node's parts, and the group of each. The audit log tells them apart. */
const USERS = {
  [`system:node:${NODE_NAME}`]: 'system:nodes',
  [`system:node:${SECOND_NODE_NAME}`]: 'system:nodes',
  'system:kube-scheduler': '',
  'system:kube-proxy': '',
  'system:coredns': 'system:masters', // it has no role of its own in a fresh cluster
} as const
export type User = keyof typeof USERS

type Programs = Readonly<Record<string, string>>

/** Writes all files that must be there before the first process. `cgroup` names the one that all Pods go below. */
export async function writeNodeFiles(dir: string, programs: Programs, cgroup: string): Promise<NodeFiles> {
  for (const folder of ['bin', 'cni']) mkdirSync(join(dir, folder))
  const layout = layOut(dir, ADDRESS, USERS)
  const file = (name: string, content: string | object): string => {
    const path = join(dir, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
    return path
  }
  const kubeconfigOf = (user: User): string =>
    writeKubeconfig(kubeconfigFile(dir, user), {
      server: layout.server,
      caFile: layout.caFile,
      token: layout.credentials.tokenOf(user),
    })
  const bin = join(dir, 'bin')
  // Containerd and the kubelet look for programs by their names.
  for (const { name } of Object.values(nodeComponents)) symlinkSync(programs[name] ?? '', join(bin, name))
  const client = await clientCertificate('kube-apiserver')
  const containerdSocket = socketIn(dir)
  kubeconfigOf(`system:node:${SECOND_NODE_NAME}`)
  file('cni/10-bridge.conflist', cniConfig(dir))
  const kubeletClient = {
    cert: file(CLIENT_CA, client.cert),
    key: file('kubelet-client.key', client.private),
  }
  return {
    layout,
    bin,
    containerdSocket,
    containerdConfig: file('containerd.toml', containerdConfig({ dir, home: dir })),
    kubeletConfig: file('kubelet.json', kubeletConfig({ dir, home: dir, cgroup })),
    kubeProxyConfig: file('kube-proxy.json', kubeProxyConfig(kubeconfigOf('system:kube-proxy'))),
    corefile: file('Corefile', corefile(kubeconfigOf('system:coredns'))),
    kubeletClient,
    kubeconfigOf,
  }
}

/** Signed by itself, so that it is its own authority. */
function clientCertificate(commonName: string) {
  return generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  })
}

/** Where the kubeconfig of one of the node's parts is. */
export const kubeconfigFile = (dir: string, user: User): string => join(dir, `${user.replaceAll(':', '-')}.kubeconfig`)

/** Where the containerd of a node listens that has its files in `home`. */
export const socketIn = (home: string): string => join(home, 'containerd.sock')

const CLIENT_CA = 'kubelet-client.crt'

/** The directory of the platform, and the one that a node of it has for itself. */
type Homes = { readonly dir: string; readonly home: string }

// Not systemd's cgroups, which a test has none of; and no change of OOM scores, which needs CAP_SYS_RESOURCE.
export const containerdConfig = ({ dir, home }: Homes): string => `version = 3
root = "${home}/containerd"
state = "${home}/containerd-state"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = "${socketIn(home)}"
[plugins.'io.containerd.internal.v1.opt']
path = "${home}/opt"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "${REGISTRY}/pause:1"
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["${dir}/bin"]
conf_dir = "${dir}/cni"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = "${dir}/bin/runc"
SystemdCgroup = false
`

const cniConfig = (dir: string) => ({
  cniVersion: '1.0.0',
  name: 'dormouse',
  plugins: [
    {
      type: 'bridge',
      bridge: BRIDGE,
      isGateway: true,
      hairpinMode: true, // a Pod may reach itself through its Service
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: POD_SUBNET, rangeStart: '10.244.0.10' }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: join(dir, 'ipam'),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
})

export const kubeletConfig = ({ dir, home, cgroup }: Homes & { readonly cgroup: string }) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  failCgroupV1: false,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${cgroup}`,
  containerRuntimeEndpoint: `unix://${socketIn(home)}`,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: false },
    x509: { clientCAFile: join(dir, CLIENT_CA) },
  },
  authorization: { mode: 'AlwaysAllow' },
  clusterDomain: CLUSTER_DOMAIN,
  clusterDNS: [NODE_IP],
  resolvConf: join(dir, 'resolv.conf'),
  podLogsDir: join(home, 'pod-logs'),
  volumePluginDir: join(home, 'volume-plugins'),
  failSwapOn: false,
  volumeStatsAggPeriod: '5s', // or a disk that is full is noticed a minute or two later
  protectKernelDefaults: true,
  enforceNodeAllocatable: [],
  evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%', 'memory.available': '50Mi' },
  // An image removed to save space could not be pulled again.
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  maxPods: 250,
  kubeAPIQPS: 200,
  kubeAPIBurst: 400,
})

const kubeProxyConfig = (kubeconfig: string) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clientConnection: { kubeconfig },
  clusterCIDR: POD_SUBNET,
  hostnameOverride: NODE_NAME,
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' }, // the kernel's, as they are
  iptables: { minSyncPeriod: '100ms' },
})

const corefile = (kubeconfig: string): string => `${CLUSTER_DOMAIN}:53 {
  bind ${NODE_IP}
  errors
  kubernetes ${CLUSTER_DOMAIN} {
    kubeconfig ${kubeconfig}
  }
  cache 5
}
`
