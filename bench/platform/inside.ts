import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { CONFIG, NAMESPACE } from '#manifests/names.ts'
import { managedNamespace } from '#sdk/namespaces.ts'
import { eventually } from '#test/platform/eventually.ts'
import { install, loadOwnImages } from '#test/platform/installation.ts'
import { type Platform, thePlatform } from '#test/platform/platform.ts'
import { BENT, bentRunners } from '#test/platform/runner-pods.ts'
import { letClockSweep } from '#test/platform/sweeps.ts'
import type { Figure } from '../report.ts'
import { BARE, bareChain } from './bare-chain.ts'
import { bareFigure, HANDLERS, sessionFigures, timeFigures } from './figures.ts'
import { watchMemory } from './memory.ts'
import { createProgress } from './progress.ts'
import { comeToRest, idleFigures } from './rest.ts'
import { coldRounds, type Samples, warmRounds } from './rounds.ts'
import { realSessions } from './sessions.ts'
import { allAtZero, noPodsIn, SESSIONS, WITHOUT_RUNNERS } from './subjects.ts'
import { containerUsage } from './usage.ts'

/** Runs in the machine of a platform; writes its figures, and what they were made of, to a file after each of its parts. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    sessions: { type: 'string' },
    'idle-minutes': { type: 'string' },
    out: { type: 'string' },
  },
})

const aManagedNamespace = (name: string, labels: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { ...managedNamespace, ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' } },
})

const setUp = async (platform: Platform): Promise<void> => {
  const { api, kubectl } = platform
  const images = await loadOwnImages(platform)
  say('images are packed and loaded')
  await install(platform, images)
  // Its next process tells where an event's time went.
  await api.patch(`/api/v1/namespaces/${NAMESPACE}/configmaps/${CONFIG}`, 'merge', { data: { DEV_MODE: 'true' } })
  await letClockSweep(platform, false)
  const [crd, ...rest] = bareChain(images.dormouse)
  const apply = (items: readonly unknown[]) =>
    kubectl('apply', '-f', '-', { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  await apply([crd, ...bentRunners, aManagedNamespace(SESSIONS, BENT), aManagedNamespace(WITHOUT_RUNNERS)])
  await apply([noPodsIn(WITHOUT_RUNNERS)])
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
  await eventually('the bare chain is applied', () => apply(rest))
  for (const kind of ['apiserversource', 'trigger', 'ksvc'])
    await kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', kind, '--all', '--timeout=120s')
  await allAtZero(platform) // the last Pods on their way out know nothing of DEV_MODE
  say('Dormouse and the bare function are installed')
}

/** As many sessions alone as show what one costs. */
const ALONE = 5
const SWEEPER = 'timeout-sweeper'

const say = createProgress()
const platform = thePlatform()
const rounds = Number(values.rounds)
const out = values.out ?? '/dev/stdout'
const figures: Figure[] = []
const samples: Record<string, Samples> = {}
const add = (...more: readonly Figure[]): void => {
  figures.push(...more)
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, JSON.stringify({ figures, samples }, undefined, 1))
}

await setUp(platform)
const began = Date.now()
const cold = await coldRounds(platform, rounds, say)
samples['cold'] = cold
add(...timeFigures('cold', cold))

const sessions = realSessions(platform, say)
const count = Math.min(ALONE, rounds)
const span = await sessions.alone(count)
add(...sessionFigures(platform.audit(), span, count), bareFigure(platform.audit(), { ...span, from: began }, rounds))

const warm = await warmRounds(platform, rounds, say)
samples['warm'] = warm
add(...timeFigures('warm', warm))

const handlers = [...HANDLERS, BARE]
const memory = watchMemory(() => containerUsage(platform.api), [...handlers, SWEEPER])
add(...(await sessions.atOnce(Number(values.sessions), memory)))
add(...memory.figures(handlers, (service) => service !== BARE))

await sessions.keepOneRunning()
await comeToRest(platform)
say('all is at rest: sessions that ended, and one that runs')
const idle = await idleFigures(platform, { minutes: Number(values['idle-minutes']), memory, say })
const hasSwept = idle.some(({ name, value }) => name === 'platform/idle/Pods of the sweeper' && value > 0)
add(...(hasSwept ? memory.figures([SWEEPER], () => true) : []), ...idle)
say('done')
platform.api.close()
