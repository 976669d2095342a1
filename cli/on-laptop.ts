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
import { credentialsFor, imagesOf } from './pods.ts'
import { createReporter, type Reporter } from './report.ts'
import { applySamples, lookUntil, manageSampleNamespace, stopWhenRunning, unsettled, wakeSweeper } from './samples.ts'

const ROOT = join(import.meta.dirname, '..')

/** A Pod ends when its function has; a cluster waits half a minute more. */
const DRAIN_SECONDS = 0

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
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())
  const directory = mkdtempSync(join(tmpdir(), 'dormouse-'))
  const manifests = objectsIn(ROOT)
  const meter = createMeter(world)
  const podSeconds = () => meter.report().total.podSeconds
  const reporter = createReporter({ isJson: options.isJson, startedAt: world.now(), now: world.now, podSeconds })
  const tokens = serviceAccountTokens(randomBytes(32).toString('hex'))
  let edge: Edge | undefined
  const credentials = (pod: KubeObject) => edge && credentialsFor(platform.api, edge, pod)
  const runner = processRunner({ images: imagesOf(manifests, ROOT), directory, credentials })
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
    await manageSampleNamespace(platform, stop.signal)
    if (stop.signal.aborted) return
    reporter.introduce({ url: edge.url, kubeconfig })
    const names = options.hasSamples ? await playSamples(platform, reporter, stop.signal, options.isUntilSettled) : []
    if (options.isUntilSettled) await settle(platform, () => meter.report().total.instances, names, stop.signal)
    else if (!stop.signal.aborted) await once(stop.signal, 'abort')
    reporter.conclude(meter.report())
  } finally {
    platform.stop()
    await runner.close()
    await edge?.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

const playSamples = async (
  platform: Platform,
  reporter: Reporter,
  signal: AbortSignal,
  isUntilSettled: boolean,
): Promise<readonly string[]> => {
  const names = await applySamples(platform, join(ROOT, 'samples'))
  await wakeSweeper(platform, signal)
  if (isUntilSettled) await stopWhenRunning(platform, 'stop-me', reporter, signal)
  return names
}

/** Throws with what is still to come where it has not come in two minutes, or where it was interrupted. */
const settle = async (
  platform: Platform,
  instances: () => number,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SETTLED_WITHIN_MS)])
  const left = () => unsettled(platform, names, instances())
  await lookUntil(() => left().length === 0, limit)
  if (left().length === 0) return
  const why = signal.aborted ? 'interrupted' : `not settled after ${SETTLED_WITHIN_MS / 1000} s`
  throw new Error(`${why}: ${left().join(', ')}`)
}
