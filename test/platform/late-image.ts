import { ownImages } from './installation.ts'
import { socketIn } from './node-files.ts'
import type { Platform } from './platform.ts'
import { lateImageFor } from './runner-pods.ts'

/** Gives the node what a Pod waits for: the sample runner, by another name. */
export const haveLateImage = async ({ dir, run }: Platform, namespace: string): Promise<void> => {
  const tag = ['images', 'tag', '--force', ownImages()['sample-runner'], lateImageFor(namespace)]
  await run('ctr', ['-a', socketIn(dir), '-n', 'k8s.io', ...tag])
}
