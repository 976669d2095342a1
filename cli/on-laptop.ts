import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeObject } from '#emulator/api-server/types.ts'
import { type Edge, startEdge } from '#emulator/host/edge.ts'
import { objectsIn } from '#emulator/host/kustomize.ts'
import { processRunner } from '#emulator/host/processes.ts'
import { realWorld as world } from '#emulator/host/real-world.ts'
import { serviceAccountTokens } from '#emulator/host/tokens.ts'
import { createMeter } from '#emulator/meter.ts'
import { createPlatform, type Platform } from '#emulator/platform.ts'
import { forLaptop } from './laptop-settings.ts'
import { credentialsFor, imagesOf, refuseCommands } from './pods.ts'
import { createReporter, type Reporter } from './report.ts'
import { applySamples, lookUntil, manageSampleNamespace, stopWhenRunning, unsettled, wakeSweeper } from './samples.ts'

const ROOT = join(import.meta.dirname, '..')

/** A Pod ends when its function has; a cluster waits half a minute more. */
const DRAIN_SECONDS = 0

/** The sample that is there to be stopped. */
const TO_STOP = 'stop-me'

const SETTLED_WITHIN_MS = 120_000

export type LaptopOptions = {
  readonly isUntilSettled: boolean
  readonly isJson: boolean
  readonly port: number
  readonly hasSamples: boolean
}

/** The whole platform in this process, functions and runners as processes of their own. Resolves when all of it has ended. */
export const startOnLaptop = async (options: LaptopOptions): Promise<void> => {
  const stop = new AbortController()
  endWith(stop)
  const directory = mkdtempSync(join(tmpdir(), 'dormouse-'))
  const manifests = objectsIn(ROOT)
  const meter = createMeter(world)
  const podSeconds = () => meter.report().total.podSeconds
  const reporter = createReporter({ isJson: options.isJson, startedAt: world.now(), now: world.now, podSeconds })
  const tokens = serviceAccountTokens(randomBytes(32).toString('hex'))
  let edge: Edge | undefined
  const credentials = (pod: KubeObject) => edge && credentialsFor(platform.api, edge, pod)
  const runner = processRunner({ images: imagesOf(manifests, ROOT), prepare: refuseCommands, directory, credentials })
  const platform: Platform = createPlatform({
    world,
    signToken: tokens.sign,
    drainSeconds: DRAIN_SECONDS,
    allowZeroInitialScale: true,
    runner,
    journal: (happening) => {
      meter.journal(happening)
      reporter.journal(happening)
    },
  })
  try {
    edge = await startEdge({ api: platform.api, world, tokens, port: options.port })
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(kubeconfig, edge.kubeconfig(), { mode: 0o600 })
    platform.apply(forLaptop(manifests, world.now()))
    const limit = options.isUntilSettled ? AbortSignal.timeout(SETTLED_WITHIN_MS) : new AbortController().signal
    const signal = AbortSignal.any([stop.signal, limit])
    await manageSampleNamespace(platform, reporter, signal)
    if (stop.signal.aborted) return
    reporter.introduce({ url: edge.url, kubeconfig })
    const names = options.hasSamples ? await applySamples(platform, join(ROOT, 'samples')) : []
    await wakeSweeper(platform, signal)
    if (options.isUntilSettled)
      await settle({ platform, names, reporter, instances: () => meter.report().total.instances, signal })
    else if (!stop.signal.aborted) await once(stop.signal, 'abort')
    reporter.conclude(meter.report())
  } finally {
    platform.stop()
    await runner.close()
    await edge?.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

type Settling = {
  readonly platform: Platform
  readonly names: readonly string[]
  readonly reporter: Reporter
  readonly instances: () => number
  /** Of an interruption, or of the time that is up. */
  readonly signal: AbortSignal
}

/** Throws with what is still to come where it has not come in time, or where it was interrupted. */
const settle = async ({ platform, names, reporter, instances, signal }: Settling): Promise<void> => {
  if (names.includes(TO_STOP)) await stopWhenRunning(platform, TO_STOP, reporter, signal)
  const left = () => unsettled(platform, names, instances())
  await lookUntil(() => left().length === 0, signal)
  if (left().length > 0) {
    const isLate = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
    throw new Error(
      `${isLate ? `not settled after ${SETTLED_WITHIN_MS / 1000} s` : 'interrupted'}: ${left().join(', ')}`,
    )
  }
  reporter.say({ who: 'settled', what: `${names.length} samples have ended, 0 instances are running`, mood: 'good' })
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Ends with any signal, with those who read what we write, and with npm, which does not always hand its own end on. */
const endWith = (stop: AbortController): void => {
  const end = () => stop.abort()
  for (const name of SIGNALS) process.on(name, end)
  process.stdout.on('error', end)
  if (process.env['npm_lifecycle_event'] !== 'start') return
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && end(), 500).unref()
}
