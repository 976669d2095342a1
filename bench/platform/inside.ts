import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CONFIG, NAMESPACE } from '#manifests/names.ts'
import { managedNamespace } from '#sdk/namespaces.ts'
import { eventually } from '#test/platform/eventually.ts'
import { install, loadOwnImages } from '#test/platform/installation.ts'
import { type Platform, thePlatform } from '#test/platform/platform.ts'
import { BARE, bareChain } from './bare-chain.ts'
import { idleFigures, memoryFigures, sessionFigures, timeFigures } from './figures.ts'
import { coldRounds, warmRounds } from './rounds.ts'
import { allAtZero, allGone, noPodsIn, SESSIONS, WITHOUT_RUNNERS } from './subjects.ts'

/** Runs in the machine of a platform; writes its figures to a file for `bench/platform.ts`. */
const { values } = parseArgs({
  options: { rounds: { type: 'string' }, 'idle-minutes': { type: 'string' }, out: { type: 'string' } },
})

const aManagedNamespace = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { ...managedNamespace, 'pod-security.kubernetes.io/enforce': 'restricted' } },
})

const setUp = async (platform: Platform): Promise<void> => {
  const { api, kubectl } = platform
  const images = await loadOwnImages(platform)
  await install(platform, images)
  // Its next process tells where an event's time went.
  await api.patch(`/api/v1/namespaces/${NAMESPACE}/configmaps/${CONFIG}`, 'merge', { data: { DEV_MODE: 'true' } })
  await pauseSweeps(platform, '0')
  const [crd, ...rest] = bareChain(images.dormouse)
  const apply = (items: readonly unknown[]) =>
    kubectl('apply', '-f', '-', { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  await apply([crd, aManagedNamespace(SESSIONS), aManagedNamespace(WITHOUT_RUNNERS)])
  await apply([noPodsIn(WITHOUT_RUNNERS)])
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
  await eventually('the bare chain is applied', () => apply(rest))
  for (const kind of ['apiserversource', 'trigger', 'ksvc'])
    await kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', kind, '--all', '--timeout=120s')
  await allAtZero(platform) // the last Pods on their way out know nothing of DEV_MODE
}

/** Has KEDA keep the sweeper at so many; `null` gives it back to the clock. */
const pauseSweeps = ({ api }: Platform, replicas: string | null): Promise<unknown> =>
  api.patch(`/apis/keda.sh/v1alpha1/namespaces/${NAMESPACE}/scaledobjects/timeout-sweeper`, 'merge', {
    metadata: { annotations: { 'autoscaling.keda.sh/paused-replicas': replicas } },
  })

/** What is deleted is still told of for a while. */
const LAST_EVENTS_MS = 10_000

/** Leaves no session whose Job would time out or be cleared away, nor anything of the bare function's that watches. */
const comeToRest = async (platform: Platform): Promise<void> => {
  await platform.kubectl('delete', 'namespace', SESSIONS, WITHOUT_RUNNERS, '--timeout=120s')
  await platform.kubectl('delete', '-n', NAMESPACE, 'apiserversource', BARE)
  await pause(LAST_EVENTS_MS)
  await allGone(platform)
  await pauseSweeps(platform, null)
}

const platform = thePlatform()
const rounds = Number(values.rounds)
await setUp(platform)
const began = Date.now()
const cold = await coldRounds(platform, rounds)
await allGone(platform)
const sessions = sessionFigures(platform.audit(), { from: began, to: Date.now() }, rounds)
const warm = await warmRounds(platform, rounds)
const memory = await memoryFigures(platform)
await comeToRest(platform)
const figures = [
  ...timeFigures('cold', cold),
  ...timeFigures('warm', warm),
  ...sessions,
  ...memory,
  ...(await idleFigures(platform, Number(values['idle-minutes']))),
]
writeFileSync(values.out ?? '/dev/stdout', JSON.stringify({ figures, samples: { cold, warm } }))
platform.api.close()
