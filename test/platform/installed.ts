import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { install, loadOwnImages, type Overlay, ownImages } from './installation.ts'
import type { Platform } from './platform.ts'
import { bentRunners } from './runner-pods.ts'

/** Everything of ours, whether or not another test has installed it before; Pods of sessions as scenarios want them. */
export const installed = async (platform: Platform, overlay: Overlay = {}): Promise<void> => {
  const isLoaded = existsSync(join(platform.dir, 'own-images/sample-runner.tar'))
  await install(platform, isLoaded ? ownImages() : await loadOwnImages(platform), overlay)
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: bentRunners })
  await platform.kubectl('apply', '-f', '-', { stdin })
}
