import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Platform } from './archive.ts'
import type { Entry } from './tar.ts'

/** The Node of the lockfile, whichever runs this. The image gets it, so it has to bundle, too. */
export const nodeBinary = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node')

/** An image gets this machine's Node, so it is for this machine's platform. Throws for another. Pure. */
export const platformFor = (
  wanted: string | undefined,
  { platform, arch }: { readonly platform: string; readonly arch: string },
): Platform => {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[arch]
  if (platform !== 'linux' || architecture === undefined)
    throw new Error(
      `the image gets this machine's Node, and ${platform}/${arch} is no platform for it: use the Dockerfile`,
    )
  const own = `linux/${architecture}`
  if (wanted !== undefined && wanted !== own)
    throw new Error(
      `--platform is "${wanted}", must be ${own}: the image gets this machine's Node. For others use the Dockerfile`,
    )
  return { os: 'linux', architecture }
}

/**
 * What is below our own files: Node, the shared libraries that it has loaded, where it found them, and what glibc asks for. No
 * certificates, for Node carries those of the public authorities, and a Pod gets its cluster's with its token.
 */
export const nodeFiles = async (): Promise<readonly Entry[]> => {
  const paths = await librariesOf(nodeBinary)
  const libraries = await Promise.all(
    paths.map(async (path) => ({ path: path.slice(1), content: await readFile(path), isExecutable: true })),
  )
  return [
    { path: 'nodejs/bin/node', content: await readFile(nodeBinary), isExecutable: true },
    ...libraries,
    { path: 'etc/passwd', content: 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' },
    { path: 'etc/group', content: 'root:x:0:\nnonroot:x:65532:\n' },
    { path: 'etc/nsswitch.conf', content: 'hosts: files dns\n' },
    { path: 'tmp', isForAll: true },
  ]
}

const REPORT = `process.report.excludeNetwork = true
  const { header, sharedObjects } = process.report.getReport()
  JSON.stringify({ glibc: header.glibcVersionRuntime ?? '', sharedObjects })`

/** The files that Node's process has mapped, its loader among them; all but the kernel's. */
const librariesOf = async (binary: string): Promise<readonly string[]> => {
  const { stdout } = await promisify(execFile)(binary, ['--print', REPORT], { env: {} }).catch((cause) => {
    throw new Error(`${binary} does not run; npm ci puts it there`, { cause })
  })
  const { glibc, sharedObjects } = JSON.parse(stdout) as { glibc: string; sharedObjects: readonly string[] }
  const [major = 0, minor = 0] = glibc.split('.').map(Number)
  // Before, names of hosts were looked up by libraries that are loaded at the first look-up.
  if (major < 2 || (major === 2 && minor < 34))
    throw new Error(
      `this machine has glibc ${glibc || 'not at all'}, the image needs 2.34 or newer: use the Dockerfile`,
    )
  return sharedObjects.filter((path) => path.startsWith('/'))
}
