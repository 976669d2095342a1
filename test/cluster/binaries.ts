import { execFile } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory, isExecutable, makeOnce, say } from './cache.ts'
import {
  apiserverReceiveAdapter,
  type Component,
  etcd,
  kubeApiserver,
  kubeControllerManager,
  kubectl,
} from './components.ts'
import { build, fingerprint, goEnvironment, usableGo } from './go.ts'

/** Absolute paths. */
export type Binaries = {
  readonly etcd: string
  readonly kubeApiserver: string
  readonly kubeControllerManager: string
  readonly kubectl: string
  readonly apiserverReceiveAdapter: string
}

const run = promisify(execFile)

/** The programs of the cluster tests; see `ensureComponents`. The first time on a machine takes some ten minutes. */
export async function ensureBinaries(): Promise<Binaries> {
  const all = [etcd, kubeApiserver, kubeControllerManager, kubectl, apiserverReceiveAdapter]
  const paths = await ensureComponents(all)
  const path = (component: Component): string => paths.get(component.name) ?? ''
  return {
    etcd: path(etcd),
    kubeApiserver: path(kubeApiserver),
    kubeControllerManager: path(kubeControllerManager),
    kubectl: path(kubectl),
    apiserverReceiveAdapter: path(apiserverReceiveAdapter),
  }
}

/**
 * Finds each component in KUBEBUILDER_ASSETS, on PATH, or among those built before, and builds the others once, into
 * `$DORMOUSE_CACHE` or ~/.cache/dormouse. Returns absolute paths by name. Throws one error naming all that is missing
 * when there is no Go to build it with.
 */
export async function ensureComponents(components: readonly Component[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const component of components) {
    const path = (await readyMade(component)) ?? builtBefore(component)
    if (path !== undefined) found.set(component.name, path)
  }
  const missing = components.filter(({ name }) => !found.has(name))
  if (missing.length > 0 && (await usableGo()) === undefined) throw new Error(adviceFor(missing))
  for (const [index, component] of missing.entries()) {
    found.set(component.name, await buildOnce(component, `${index + 1} of ${missing.length}`))
  }
  return found
}

/**
 * Downloads a Go module (`knative.dev/eventing@v0.50.0`) once; a folder not to be changed, without symbolic links.
 * Without a version it is the one that the go.mod in `moduleDir` leads to.
 */
export async function moduleSource(module: string, moduleDir?: string): Promise<string> {
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', module], { env: goEnvironment(), cwd: moduleDir })
    return (JSON.parse(stdout) as { Dir: string }).Dir // as `go help mod download` promises
  } catch (cause) {
    throw new Error(`download Go module ${module}: needs Go on PATH, and a module proxy that has it`, { cause })
  }
}

async function readyMade({ name, version }: Component): Promise<string | undefined> {
  const { KUBEBUILDER_ASSETS, PATH = '' } = process.env
  const assets = KUBEBUILDER_ASSETS === undefined ? [] : [KUBEBUILDER_ASSETS]
  const directories = version === undefined ? assets : [...assets, ...PATH.split(delimiter)]
  for (const file of directories.map((directory) => join(directory, name)).filter(isExecutable)) {
    if (version === undefined) return file
    const said = await run(file, [...version.args]).then(({ stdout }) => stdout.trim(), String)
    if (version.pattern.test(said)) return file
    if (file.startsWith(`${KUBEBUILDER_ASSETS}`))
      say(`${file} is passed over: it says "${said}", wanted ${version.want}`)
  }
  return undefined
}

function builtBefore(component: Component): string | undefined {
  const file = cachedFile(component)
  return isExecutable(file) ? file : undefined
}

function buildOnce(component: Component, which: string): Promise<string> {
  return makeOnce(cachedFile(component), {
    what: `${component.name} (${which})`,
    expectation: `up to ${component.buildSeconds} s on 2 cores, less with a warm Go cache`,
    make: (unfinished, onProgress) => build(component, unfinished, onProgress),
  })
}

function cachedFile(component: Component): string {
  return join(cacheDirectory(), 'bin', `${component.name}-${fingerprint(component)}`)
}

function adviceFor(missing: readonly Component[]): string {
  const wanted = missing.map(({ name, version }) => (version === undefined ? name : `${name} (${version.want})`))
  return (
    `these tests need ${wanted.join(', ')}, and there is no Go 1.26 or newer on PATH to build them with. ` +
    'Install Go (https://go.dev/dl), or name a directory with these programs in KUBEBUILDER_ASSETS.'
  )
}
