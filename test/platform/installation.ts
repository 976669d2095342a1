import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { parse, stringify } from 'yaml'
import { deployedReference } from '../../images/reference.ts'
import { ROOT } from '../cluster/installation.ts'
import { REGISTRY } from './images.ts'
import type { Platform } from './platform.ts'
import { readmeCommand } from './readme-commands.ts'

/** Where `npm run image` puts our images, and what they are called on the node. */
export type OwnImages = { readonly dormouse: string; readonly 'sample-runner': string }

/** The references of our images, once the node has them. */
export const ownImages = (tag = '1'): OwnImages => ({
  dormouse: `${REGISTRY}/dormouse:${tag}`,
  'sample-runner': `${REGISTRY}/sample-runner:${tag}`,
})

/** A profile that only this world has. */
export const CRASHING = 'crashing'

const run = promisify(execFile)

/** Packs our images as `npm run image` does, and gives them to the node. */
export const loadOwnImages = async (platform: Platform, tag = '1'): Promise<OwnImages> => {
  const images = ownImages(tag)
  const out = join(platform.dir, 'own-images')
  for (const [name, reference] of Object.entries(images)) {
    const args = [join(ROOT, 'images/main.ts'), name, '--tag', reference, '--out', out]
    await run(process.execPath, args, { cwd: ROOT })
    await platform.loadImage(join(out, `${name}.tar`))
  }
  return images
}

type Patch = { readonly target: object; readonly patch: string }

/** What an overlay says beyond the names of images. */
export type Overlay = {
  /** How often KEDA wakes the sweeper; the manifests say 5. */
  readonly sweepEveryMinutes?: number
  /** What the Knative Service of `on-session-event` gets as an annotation of its template: a change makes a revision. */
  readonly rollout?: string
}

const overlayOf = ({ dir }: Platform): string => join(dir, 'overlay')

/**
 * What the README tells a user to do: a kustomization of his own on top of the repository's, which names images. The rest is only there
 * where a test asks for it.
 */
const writeOverlay = (platform: Platform, images: OwnImages, { sweepEveryMinutes, rollout }: Overlay): string => {
  const dir = overlayOf(platform)
  mkdirSync(dir, { recursive: true })
  const [newName, newTag] = images.dormouse.split(/:(?=[^:]*$)/)
  const deployed = deployedReference().replace(/:[^:]*$/, '')
  const config = { AMBIENT_CODE_RUNNER_IMAGE: images['sample-runner'] }
  const patches: Patch[] = [
    {
      target: { kind: 'ConfigMap', name: 'dormouse' },
      patch: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'dormouse' }, data: config }),
    },
  ]
  if (sweepEveryMinutes !== undefined) patches.push(windowsOf(sweepEveryMinutes))
  if (rollout !== undefined) patches.push(revisionOf(rollout))
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [relative(dir, ROOT), 'runner-profiles.json'],
    images: [{ name: deployed, newName, newTag }],
    patches,
  }
  const profiles = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'dormouse-runner-profiles', namespace: 'dormouse' },
    data: { 'runner-profiles.yaml': profilesWith(images) },
  }
  writeFileSync(join(dir, 'runner-profiles.json'), JSON.stringify(profiles))
  writeFileSync(join(dir, 'kustomization.yaml'), JSON.stringify(kustomization, undefined, 2))
  return dir
}

/** Those of all worlds, and one whose runner waits for a container beside it that ends as soon as it has started, again and again. */
const profilesWith = ({ 'sample-runner': image }: OwnImages): string => {
  const { profiles } = parse(readFileSync(join(ROOT, 'test/runner-profiles.yaml'), 'utf8')) as { profiles: object[] }
  const command = ['/nodejs/bin/node', '-e', 'process.exit(3)']
  const startupProbe = { tcpSocket: { port: 1 } }
  const beside = { name: 'beside', image, restartPolicy: 'Always', command, startupProbe }
  return stringify({ profiles: [...profiles, { id: CRASHING, pod: { initContainers: [beside] } }] })
}

/** Shorter windows than the manifests', for a test that waits for some. */
const windowsOf = (minutes: number): Patch => ({
  target: { kind: 'ScaledObject', name: 'timeout-sweeper' },
  patch: JSON.stringify([
    { op: 'replace', path: '/spec/triggers/0/metadata/start', value: `*/${minutes} * * * *` },
    { op: 'replace', path: '/spec/triggers/0/metadata/end', value: `1-59/${minutes} * * * *` },
  ]),
})

const revisionOf = (mark: string): Patch => ({
  target: { kind: 'Service', group: 'serving.knative.dev', labelSelector: 'app.kubernetes.io/part-of=dormouse' },
  patch: JSON.stringify([{ op: 'add', path: '/spec/template/metadata/annotations/example.com~1rollout', value: mark }]),
})

/** Applies everything of ours as the README says, once; resolves when all of it is ready. */
export const install = async (platform: Platform, images: OwnImages, overlay: Overlay = {}): Promise<void> => {
  await platform.kubectl(...readmeCommand('apply -k .', { '.': [writeOverlay(platform, images, overlay)] }))
  await platform.kubectl(...readmeCommand('wait -n dormouse'))
}

/** Ends what was installed last, and all sessions, as the README says. */
export const uninstall = async (platform: Platform, labelled: string): Promise<void> => {
  const { kubectl } = platform
  await kubectl(...readmeCommand('delete agenticsessions'))
  await kubectl(...readmeCommand('delete -k .', { '.': [overlayOf(platform)] }))
  await kubectl(...readmeCommand('label namespace NAME ambient-code.io/managed-', { NAME: [labelled] }))
}
