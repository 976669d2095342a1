import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ensureComponents, moduleSource } from '../cluster/binaries.ts'
import { etcd, kubeApiserver, kubeControllerManager, kubectl } from '../cluster/components.ts'
import { nodeComponents, podComponents } from './components.ts'
import { ensureEnvoy } from './envoy.ts'
import { type Image, imageOf, linkedProgram, shellTools } from './images.ts'

/** All that a platform is made of, as plain JSON: it is made outside and used where there is no network. */
export type Parts = {
  /** Absolute path by name, as in `components.ts`. */
  readonly programs: Readonly<Record<string, string>>
  readonly images: readonly Image[]
  /** Of what manifests call `ko://<package>`: package to image reference. */
  readonly imageOfPackage: Readonly<Record<string, string>>
  /** Folders of the sources, whose `config/` has the manifests. */
  readonly sources: Readonly<Record<'eventing' | 'serving' | 'networking' | 'caching' | 'kourier' | 'keda', string>>
}

const run = promisify(execFile)
const TOOLS = `${import.meta.dirname}/tools`
const CONTROL_PLANE = [etcd, kubeApiserver, kubeControllerManager, kubectl]

/** Builds, downloads and packs what this machine does not have yet. */
export async function ensureParts(): Promise<Parts> {
  const node = Object.values(nodeComponents)
  const programs = await ensureComponents([...CONTROL_PLANE, ...node, ...podComponents])
  const program = (name: string): string => programs.get(name) ?? ''
  const busybox = (await run('sh', ['-c', 'command -v busybox'])).stdout.trim()
  const envoy = await ensureEnvoy()
  const images = [
    await imageOf({ name: 'pause', entrypoint: ['/bin/sleep', '1000000000'], files: { 'bin/sleep': busybox } }),
    await imageOf({ name: 'busybox', entrypoint: ['/bin/sh'], files: shellTools(busybox) }),
    await imageOf({
      name: 'envoy',
      entrypoint: ['/usr/local/bin/envoy'],
      // The manifest of Kourier's gateway runs a shell when it stops.
      files: { ...shellTools(busybox), ...(await linkedProgram('usr/local/bin/envoy', envoy)) },
    }),
  ]
  const imageOfPackage: Record<string, string> = {}
  for (const { name, package: path } of podComponents) {
    const image = await imageOf({ name, entrypoint: [`/${target(name)}`], files: { [target(name)]: program(name) } })
    images.push(image)
    imageOfPackage[path] = image.reference
  }
  return { programs: Object.fromEntries(programs), images, imageOfPackage, sources: await sources() }
}

// KEDA's manifests name the program; the others leave it to the image.
const target = (name: string): string => (name === 'keda_operator' ? 'keda' : `ko-app/${name}`)

async function sources(): Promise<Parts['sources']> {
  const ofServing = `${TOOLS}/serving`
  return {
    eventing: await moduleSource('knative.dev/eventing', `${TOOLS}/../../cluster/tools/eventing`),
    serving: await moduleSource('knative.dev/serving', ofServing),
    networking: await moduleSource('knative.dev/networking', ofServing),
    caching: await moduleSource('knative.dev/caching', ofServing),
    kourier: await moduleSource('knative.dev/net-kourier', ofServing),
    keda: await moduleSource('github.com/kedacore/keda/v2', `${TOOLS}/keda`),
  }
}
