/** One program that is built from a Go module pinned in a `tools/` folder, or taken ready-made where it is good enough. */
export type Component = {
  /** Of the program's file, here and in KUBEBUILDER_ASSETS. */
  readonly name: string
  /** Absolute path of the folder with go.mod and go.sum; several components may share one. */
  readonly moduleDir: string
  readonly package: string
  readonly ldflags?: string
  /** Build tags of a program that needs a C compiler; without this it is built with Go alone. */
  readonly cgoTags?: string
  /** What it takes on 2 cores with nothing cached. */
  readonly buildSeconds: number
  /** How a ready-made one shows its version. Without it only the one in KUBEBUILDER_ASSETS counts, on trust. */
  readonly version?: {
    readonly args: readonly string[]
    readonly pattern: RegExp
    /** As in `want`: `v1.36`. */
    readonly want: string
  }
}

const KUBERNETES = '1.36.3'

// An unstamped Kubernetes calls itself v0.0.0, and clients stumble over that.
const STAMP = [`gitVersion=v${KUBERNETES}`, 'gitMajor=1', 'gitMinor=36', 'gitTreeState=clean']
  .map((value) => `-X k8s.io/component-base/version.${value}`)
  .join(' ')

const SAME_MINOR = { args: ['--version'], pattern: /^Kubernetes v1\.36\./, want: 'v1.36' }

export const etcd = {
  name: 'etcd',
  moduleDir: moduleDir('etcd'),
  package: 'go.etcd.io/etcd/server/v3',
  buildSeconds: 50,
  version: { args: ['--version'], pattern: /^etcd Version: (3\.([5-9]|\d\d)|[4-9])\./, want: '3.5 or newer' },
} satisfies Component

export const kubeApiserver = kubernetes('kube-apiserver', 430, SAME_MINOR)
export const kubeControllerManager = kubernetes('kube-controller-manager', 110, SAME_MINOR)
export const kubectl = kubernetes('kubectl', 45, {
  args: ['version', '--client'],
  pattern: /^Client Version: v1\.3[567]\./,
  want: 'v1.35 to v1.37',
})

export const apiserverReceiveAdapter = ofEventing('apiserver_receive_adapter', 'apiserver_receive_adapter')

/** The data plane of the multi-tenant broker on in-memory channels. */
export const broker = {
  ingress: ofEventing('broker_ingress', 'broker/ingress'),
  filter: ofEventing('broker_filter', 'broker/filter'),
  dispatcher: ofEventing('channel_dispatcher', 'in_memory/channel_dispatcher'),
}

/** A command of Knative Eventing, all of whose commands are of one version. */
export function ofEventing(name: string, path: string): Component {
  return { name, moduleDir: moduleDir('eventing'), package: `knative.dev/eventing/cmd/${path}`, buildSeconds: 150 }
}

/** A command of Kubernetes, of the one version that we test on. */
export function kubernetes<Version extends Component['version']>(name: string, buildSeconds: number, version: Version) {
  return {
    name,
    moduleDir: moduleDir('kubernetes'),
    package: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: STAMP,
    buildSeconds,
    ...(version && { version }),
  } satisfies Component
}

function moduleDir(name: string): string {
  return `${import.meta.dirname}/tools/${name}`
}
