import { setTimeout as pause } from 'node:timers/promises'
import { NAMESPACE } from '#manifests/names.ts'
import { managedNamespace } from '#sdk/namespaces.ts'
import { eventually } from '#test/platform/eventually.ts'
import type { Platform } from '#test/platform/platform.ts'
import { millisecondsOf } from './stations.ts'
import { allAtZero, allGone, noPodsIn, ours } from './subjects.ts'
import { containerUsage, podLives } from './usage.ts'

/** What a burst is taken with: annotations of the Knative Service's template, and its `containerConcurrency`. */
export type BurstSettings = { readonly maxScale: number; readonly concurrency: number }

export type Burst = {
  /** From the first session to the last Job. */
  readonly seconds: number
  readonly pods: number
  /** The most that a process of the function used. */
  readonly mebibytes: number
}

const SESSIONS_AT_ONCE = 100

/** A namespace whose Jobs get no Pods, so that runners do not use what is to be measured. */
const prepare = async ({ kubectl }: Platform, name: string): Promise<void> => {
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: managedNamespace } }, noPodsIn(name)]
  await kubectl('apply', '-f', '-', { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  // The source's adapter starts anew with each namespace.
  await kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', 'apiserversource', '--all', '--timeout=60s')
  await kubectl('rollout', 'status', '-n', NAMESPACE, 'deployment', '--timeout=60s')
  await pause(5000)
}

/** A hundred sessions at once, to a function at zero with these settings. */
export const burst = async (platform: Platform, { maxScale, concurrency }: BurstSettings): Promise<Burst> => {
  const { api, kubectl } = platform
  const namespace = `burst-${maxScale}-${concurrency}`
  const annotations = {
    'autoscaling.knative.dev/max-scale': `${maxScale}`,
    'autoscaling.knative.dev/target': concurrency === 0 ? null : `${concurrency}`,
  }
  const template = { metadata: { annotations }, spec: { containerConcurrency: concurrency } }
  await kubectl(
    'patch',
    '-n',
    NAMESPACE,
    'ksvc',
    ours.service,
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { template } }),
  )
  await kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', 'ksvc', ours.service, '--timeout=60s')
  await prepare(platform, namespace)
  await allAtZero(platform)
  await allGone(platform)
  const from = Date.now()
  const path = `/apis/${ours.apiVersion}/namespaces/${namespace}/${ours.plural}`
  const { apiVersion, kind } = ours
  const names = Array.from({ length: SESSIONS_AT_ONCE }, (_, at) => `session-${at}`)
  await Promise.all(
    names.map((name) => api.post(path, { apiVersion, kind, metadata: { name }, spec: { initialPrompt: 'Hello.' } })),
  )
  let mebibytes = 0
  const last = await eventually(
    'there are all Jobs',
    async () => {
      const usage = await containerUsage(api)
      const processes = usage.filter(({ pod, container }) => pod.startsWith(ours.service) && container === 'function')
      mebibytes = Math.max(mebibytes, ...processes.map((each) => each.mebibytes))
      const made = platform
        .audit()
        .filter(
          ({ verb, objectRef, responseStatus }) =>
            verb === 'create' &&
            objectRef?.resource === 'jobs' &&
            objectRef.namespace === namespace &&
            responseStatus?.code === 201,
        )
        .map(({ stageTimestamp }) => millisecondsOf(stageTimestamp))
      return made.length === SESSIONS_AT_ONCE ? Math.max(...made) : undefined
    },
    180,
  )
  await pause(10_000) // for the kubelet's next look
  const after = (await containerUsage(api)).filter(
    ({ pod, container }) => pod.startsWith(ours.service) && container === 'function',
  )
  mebibytes = Math.max(mebibytes, ...after.map((each) => each.mebibytes))
  const pods = podLives(platform.audit(), NAMESPACE).filter(
    (life) => life.from > from && life.name.startsWith(ours.service),
  ).length
  await kubectl('delete', 'namespace', namespace, '--wait=false')
  return { seconds: (last - from) / 1000, pods, mebibytes }
}
