import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBinaries } from './binaries.ts'
import type { ControlPlane } from './control-plane.ts'
import { type RunningProcess, startProcess } from './process.ts'

export type WatchedResource = {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  /** The plural, as in the URL. */
  readonly resource: string
  /** A label selector in its string form: `app=w,!x`. */
  readonly selector?: string
}

export type ReceiveAdapterOptions = {
  /** The source's name; adapters in one control plane need different ones. */
  readonly name: string
  /** Where the events are POSTed: any HTTP URL. */
  readonly sink: string
  readonly resources: readonly WatchedResource[]
  /** Of namespaced resources. Default: all. */
  readonly namespaces?: readonly string[]
  /** Default: Resource. */
  readonly mode?: 'Reference' | 'Resource'
  /** Only objects with a controller of this kind. */
  readonly owner?: { readonly apiVersion: string; readonly kind: string }
  /** Attributes that every event gets. */
  readonly extensions?: Readonly<Record<string, string>>
  /** Default: one of a ServiceAccount made here, which may get, list and watch these resources and nothing else. */
  readonly kubeconfig?: string
}

export type ReceiveAdapter = Pick<RunningProcess, 'pid' | 'logFile' | 'isRunning' | 'kill' | 'stop'>

const NAMESPACE = 'default'
const READY_SECONDS = 30

/**
 * Starts Knative's receive adapter as an ApiServerSource in `default` would have it, and resolves
 * when every change from now on becomes an event; for what exists already there is none. Throws with the end of its
 * log when it ends or watches a resource that does not exist. Ends with the control plane.
 */
export async function startReceiveAdapter(
  controlPlane: ControlPlane,
  options: ReceiveAdapterOptions,
): Promise<ReceiveAdapter> {
  const { name, sink, resources, namespaces = [], extensions } = options
  const { apiserverReceiveAdapter } = await ensureBinaries()
  const kubeconfig = options.kubeconfig ?? (await ownIdentity(controlPlane, name, resources))
  const logFile = join(controlPlane.dir, 'logs', `receive-adapter-${name}.log`)
  const before = occurrences(logFile, SYNCED) // of an earlier one with this name
  const adapter = await startProcess({
    name: `receive adapter ${name}`,
    command: apiserverReceiveAdapter,
    args: [],
    logFile,
    guard: controlPlane.guard,
    env: {
      KUBECONFIG: kubeconfig,
      NAME: name,
      NAMESPACE,
      SYSTEM_NAMESPACE: 'knative-eventing',
      METRICS_DOMAIN: 'knative.dev/eventing',
      K_SINK: sink,
      K_SOURCE_CONFIG: sourceConfig(options),
      ...(extensions && { K_CE_OVERRIDES: JSON.stringify({ extensions }) }),
      K_LOGGING_CONFIG: '{}',
      K_OBSERVABILITY_CONFIG: '{}',
      K_KLOG_VERBOSITY: '2', // makes it log SYNCED
    },
  })
  controlPlane.atStop(adapter.kill)
  // Not the begin of a watch: what appears before the end of its initial events is taken for old.
  const watches = resources.length * Math.max(1, namespaces.length)
  try {
    await adapter.ready(() => occurrences(logFile, SYNCED) >= before + watches, READY_SECONDS)
  } catch (error) {
    await adapter.kill()
    throw error
  }
  return adapter
}

const SYNCED = 'Caches populated'

function occurrences(file: string, words: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split(words).length - 1 : 0
}

// The capitals are Go's, which decodes a GroupVersionResource by its field names.
function sourceConfig({ resources, namespaces = [], mode = 'Resource', owner }: ReceiveAdapterOptions): string {
  return JSON.stringify({
    namespaces: namespaces.length > 0 ? namespaces : [''],
    allNamespaces: namespaces.length === 0,
    mode,
    ...(owner && { owner }),
    resources: resources.map(({ group, version, resource, selector }) => ({
      gvr: { Group: group, Version: version, Resource: resource },
      ...(selector !== undefined && { selector }),
    })),
    failFast: false,
  })
}

async function ownIdentity(
  { kubectl, serviceAccountKubeconfig }: ControlPlane,
  name: string,
  resources: readonly WatchedResource[],
): Promise<string> {
  const account = `receive-adapter-${name}`
  const rbac = 'rbac.authorization.k8s.io'
  const apiVersion = `${rbac}/v1`
  const metadata = { name: account }
  const verbs = ['get', 'list', 'watch']
  const items = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: NAMESPACE } },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata,
      rules: resources.map(({ group, resource }) => ({ apiGroups: [group], resources: [resource], verbs })),
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
    },
  ]
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl('apply', '--server-side', '-f', '-', { stdin })
  return serviceAccountKubeconfig(NAMESPACE, account)
}
