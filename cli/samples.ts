import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { KubeObject } from '#emulator/api-server/types.ts'
import { applyObject } from '#emulator/apply.ts'
import type { Client, Resource } from '#emulator/client.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import type { Platform } from '#emulator/platform.ts'
import { managedNamespace } from '#sdk/index.ts'
import type { Reporter } from './report.ts'

const sessions: Resource = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const namespaces: Resource = { apiVersion: 'v1', plural: 'namespaces' }
const scaledObjects: Resource = { apiVersion: 'keda.sh/v1alpha1', plural: 'scaledobjects' }
const sources: Resource = { apiVersion: 'sources.knative.dev/v1', plural: 'apiserversources' }

const NAMESPACE = 'default'
const HOME = 'dormouse'
const INGRESS = `http://broker-ingress.knative-eventing.svc.cluster.local/${HOME}/dormouse`
const LOOK_MS = 200
const SWEEP_MS = 4000
const COMPLAIN_MS = 10_000

const ends = ['Completed', 'Failed', 'Stopped']

/** The namespace that samples live in is looked after; resolves when the source watches it, and says after a while why it does not. */
export const manageSampleNamespace = async (
  { admin }: Platform,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> => {
  const all = () => admin.list(sources, { namespace: HOME })
  const complain = () => {
    for (const source of all())
      reporter.say({ who: `source ${source.metadata.name}`, what: obstacleOf(source), mood: 'bad' })
  }
  admin.patch(namespaces, { name: NAMESPACE }, { metadata: { labels: managedNamespace } })
  const timer = setTimeout(complain, COMPLAIN_MS)
  await lookUntil(() => all().every(isWatching), signal)
  clearTimeout(timer)
}

type Condition = {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}
type SourceStatus = { readonly namespaces?: readonly string[]; readonly conditions?: readonly Condition[] }

const obstacleOf = ({ status }: KubeObject): string => {
  const { conditions = [] } = (status ?? {}) as SourceStatus
  const open = conditions.filter(({ type, status }) => type !== 'Ready' && status !== 'True')
  return `not watching yet: ${open.map(({ type, reason, message }) => [type, reason, message].filter(Boolean).join(' ')).join('; ')}`
}

const isWatching = ({ status }: KubeObject): boolean => {
  const { namespaces: watched = [], conditions = [] } = (status ?? {}) as SourceStatus
  return watched.includes(NAMESPACE) && conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Applies what is in the folder, sends its events, and asks for a sweep. Gives the names of the sessions. */
export const applySamples = async ({ admin, network }: Platform, folder: string): Promise<readonly string[]> => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  const objects = files.flatMap((name) => applyFile(admin, join(folder, name)))
  for (const name of readdirSync(join(folder, 'events'))) {
    const body = readFileSync(join(folder, 'events', name), 'utf8')
    await network.send(INGRESS, { method: 'POST', headers: { 'content-type': 'application/cloudevents+json' }, body })
  }
  return objects.filter(({ kind }) => kind === 'AgenticSession').map(({ metadata: { name = '' } }) => name)
}

const applyFile = (admin: Client, file: string): readonly KubeObject[] =>
  objectsIn(file).map((object) => {
    try {
      return applyObject(admin, { ...object, metadata: { namespace: NAMESPACE, ...object.metadata } }, 'kubectl')
    } catch (cause) {
      throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })

/** As `kubectl annotate scaledobject timeout-sweeper autoscaling.keda.sh/force-activation=true` would, and takes it off again. */
export const wakeSweeper = async ({ admin }: Platform, signal: AbortSignal): Promise<void> => {
  const annotate = (value: string | null): void => {
    const annotations = { 'autoscaling.keda.sh/force-activation': value }
    for (const { metadata } of admin.list(scaledObjects, { namespace: HOME }))
      admin.patch(scaledObjects, { namespace: HOME, name: metadata.name ?? '' }, { metadata: { annotations } })
  }
  annotate('true')
  await pause(SWEEP_MS, undefined, { signal }).catch(() => undefined)
  annotate(null)
}

/** Stops the sample that wants to be stopped, once it runs. */
export const stopWhenRunning = async (
  platform: Platform,
  name: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> => {
  const { admin } = platform
  const isDue = () => ['Running', ...ends].includes(phaseOf(platform, name) ?? '')
  await lookUntil(isDue, signal)
  if (signal.aborted) return
  reporter.say({
    who: `agenticsession ${name}`,
    what: 'annotated: ambient-code.io/desired-phase=Stopped',
    mood: 'quiet',
  })
  const annotations = { 'ambient-code.io/desired-phase': 'Stopped' }
  admin.patch(sessions, { namespace: NAMESPACE, name }, { metadata: { annotations } })
}

/** What is still to come before all is quiet; empty when everything is. */
export const unsettled = (platform: Platform, names: readonly string[], instances: number): readonly string[] => [
  ...names.flatMap((name) => {
    const phase = phaseOf(platform, name)
    return phase !== undefined && ends.includes(phase) ? [] : [`${name} is ${phase ?? 'not begun'}`]
  }),
  ...(instances === 0 ? [] : [`${instances} ${instances === 1 ? 'instance is' : 'instances are'} running`]),
]

const phaseOf = ({ admin }: Platform, name: string): string | undefined =>
  (admin.get(sessions, { namespace: NAMESPACE, name })?.['status'] as { phase?: string } | undefined)?.phase

/** Resolves when it is true, or at the signal. */
export const lookUntil = async (isTrue: () => boolean, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && !isTrue()) await pause(LOOK_MS, undefined, { signal }).catch(() => undefined)
}
