import { type Component, kubernetes, ofEventing } from '../cluster/components.ts'

/** What runs beside a control plane to make a node of this machine. */
export const nodeComponents = {
  kubeScheduler: kubernetes('kube-scheduler', 30, undefined),
  kubelet: kubernetes('kubelet', 40, undefined),
  kubeProxy: kubernetes('kube-proxy', 30, undefined),
  containerd: ofContainerd('containerd', 110),
  ctr: ofContainerd('ctr', 10),
  shim: ofContainerd('containerd-shim-runc-v2', 10),
  // Without seccomp, Pods that ask for the profile RuntimeDefault are refused.
  runc: {
    ...ours('runc', 'runc', 'github.com/opencontainers/runc', 20),
    cgoTags: 'seccomp',
  },
  bridge: ofCni('bridge', 'main/bridge'),
  loopback: ofCni('loopback', 'main/loopback'),
  hostLocal: ofCni('host-local', 'ipam/host-local'),
  portmap: ofCni('portmap', 'meta/portmap'),
  coredns: ours('coredns', 'coredns', 'dormouse.test/coredns', 120),
} satisfies Readonly<Record<string, Component>>

/** What runs in Pods, each in an image of its own; the package is what manifests call `ko://<package>`. */
export const podComponents: readonly Component[] = [
  ofEventing('apiserver_receive_adapter', 'apiserver_receive_adapter'),
  ofEventing('broker_ingress', 'broker/ingress'),
  ofEventing('broker_filter', 'broker/filter'),
  ofEventing('channel_dispatcher', 'in_memory/channel_dispatcher'),
  ofEventing('channel_controller', 'in_memory/channel_controller'),
  ofEventing('mtchannel_broker', 'mtchannel_broker'),
  ofEventing('eventing_controller', 'controller'),
  ofEventing('eventing_webhook', 'webhook'),
  ofServing('activator'),
  ofServing('autoscaler'),
  ofServing('controller'),
  ofServing('queue'),
  ofServing('webhook'),
  ours('kourier', 'serving', 'knative.dev/net-kourier/cmd/kourier', 60),
  ours('keda_operator', 'keda', 'github.com/kedacore/keda/v2/cmd/operator', 760),
]

function ofContainerd(name: string, buildSeconds: number): Component {
  return ours(name, 'containerd', `github.com/containerd/containerd/v2/cmd/${name}`, buildSeconds)
}

function ofCni(name: string, path: string): Component {
  return ours(name, 'cni', `github.com/containernetworking/plugins/plugins/${path}`, 10)
}

function ofServing(name: string): Component {
  return ours(`serving_${name}`, 'serving', `knative.dev/serving/cmd/${name}`, 120)
}

function ours(name: string, module: string, path: string, buildSeconds: number): Component {
  return { name, moduleDir: `${import.meta.dirname}/tools/${module}`, package: path, buildSeconds }
}
