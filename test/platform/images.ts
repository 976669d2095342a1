import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { archiveOf, layerOf } from '../../images/archive.ts'
import { platformFor } from '../../images/node.ts'
import { cacheDirectory, makeOnce } from '../cluster/cache.ts'

/** Where all images of the platform seem to come from: no such registry exists, so nothing is ever pulled. */
export const REGISTRY = 'platform.test'

export type Image = {
  /** `platform.test/<name>:1` */
  readonly reference: string
  /** An OCI layout, in a tar. */
  readonly archive: string
}

export type ImageContent = {
  readonly name: string
  readonly entrypoint: readonly string[]
  /** Path in the image, without a `/` before it, to path on this machine; all are executable. */
  readonly files: Readonly<Record<string, string>>
}

const run = promisify(execFile)
const EPOCH = new Date(0)
const USER = '65532'
const COMMON = [
  { path: 'etc/passwd', content: `nonroot:x:${USER}:${USER}::/:\n` },
  { path: 'tmp', isForAll: true },
  { path: 'var/run/ko/HEAD', content: '0000000\n' }, // Knative's programs log it as their commit
]
const ENV = ['PATH=/usr/local/bin:/usr/bin:/bin', 'KO_DATA_PATH=/var/run/ko']

/** Packs an image once on this machine, as long as its files do not change. */
export async function imageOf(content: ImageContent): Promise<Image> {
  const reference = `${REGISTRY}/${content.name}:1`
  const file = join(cacheDirectory(), 'images', `${content.name}-${fingerprint(content)}.tar`)
  const archive = await makeOnce(file, {
    what: `image ${content.name}`,
    expectation: 'a few seconds',
    make: (unfinished) => pack(content, reference, unfinished),
  })
  return { reference, archive }
}

function fingerprint({ files, ...rest }: ImageContent): string {
  const stats = Object.entries(files).map(([path, file]) => [path, file, statSync(file).size, statSync(file).mtimeMs])
  return createHash('sha256')
    .update(JSON.stringify([rest, stats, COMMON, ENV]))
    .digest('hex')
    .slice(0, 12)
}

async function pack({ files, entrypoint }: ImageContent, name: string, archive: string): Promise<void> {
  const read = async ([path, file]: readonly [string, string]) => ({
    path,
    content: await readFile(file),
    isExecutable: true,
  })
  const entries = [...COMMON, ...(await Promise.all(Object.entries(files).map(read)))]
  const image = await archiveOf({
    name,
    platform: platformFor(undefined, process),
    layers: [await layerOf(entries, EPOCH, 0)], // it never leaves this machine
    config: { User: USER, WorkingDir: '/', Env: ENV, Entrypoint: entrypoint },
    createdAt: EPOCH,
  })
  await writeFile(archive, image.archive)
}

/** A program of this machine with the shared libraries that it is linked to, its loader included. */
export async function linkedProgram(path: string, program: string): Promise<ImageContent['files']> {
  const { stdout } = await run('ldd', [program])
  const libraries = stdout.match(/\/\S+\.so\S*/g) ?? []
  return { [path]: program, ...Object.fromEntries(libraries.map((file) => [file.slice(1), file])) }
}

/** Tools of a shell, each of which is the same static program. */
export function shellTools(busybox: string): ImageContent['files'] {
  return Object.fromEntries(['sh', 'sleep', 'cat', 'wget'].map((tool) => [`bin/${tool}`, busybox]))
}
