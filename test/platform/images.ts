import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { cacheDirectory, makeOnce } from '../cluster/cache.ts'

/** Where all images of the platform seem to come from: no such registry exists, so nothing is ever pulled. */
export const REGISTRY = 'platform.test'

export type Image = {
  /** `platform.test/<name>:1` */
  readonly reference: string
  /** An archive in the form of `docker save`. */
  readonly archive: string
}

export type ImageContent = {
  readonly name: string
  readonly entrypoint: readonly string[]
  /** Path in the image to path on this machine; what is copied, symbolic links followed. */
  readonly files: Readonly<Record<string, string>>
  /** Path in the image to what the symbolic link says. */
  readonly links?: Readonly<Record<string, string>>
}

const run = promisify(execFile)
const USER = '65532'
const ENV = ['PATH=/usr/local/bin:/usr/bin:/bin', 'KO_DATA_PATH=/var/run/ko']

/** Packs an image once on this machine, as long as its files do not change. */
export async function imageOf(content: ImageContent): Promise<Image> {
  const reference = `${REGISTRY}/${content.name}:1`
  const archive = join(cacheDirectory(), 'images', `${content.name}-${fingerprint(content)}.tar`)
  await makeOnce(archive, {
    what: `image ${content.name}`,
    expectation: 'a few seconds',
    make: (unfinished) => pack(content, reference, unfinished),
  })
  return { reference, archive }
}

function fingerprint({ files, ...rest }: ImageContent): string {
  const stats = Object.entries(files).map(([target, file]) => [
    target,
    file,
    statSync(file).size,
    statSync(file).mtimeMs,
  ])
  return createHash('sha256')
    .update(JSON.stringify([rest, stats, USER, ENV]))
    .digest('hex')
    .slice(0, 12)
}

async function pack(content: ImageContent, reference: string, archive: string): Promise<void> {
  const dir = mkdtempSync(`${archive}-`)
  try {
    const root = join(dir, 'root')
    stage(content, root)
    const plain = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
    await run('tar', [...plain, '-C', root, '-cf', join(dir, 'layer.tar'), '.'])
    const config = JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Entrypoint: content.entrypoint, Env: ENV, User: USER, WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${await digestOf(join(dir, 'layer.tar'))}`] },
      history: [{ created: '1970-01-01T00:00:00Z' }],
    })
    const configFile = `${createHash('sha256').update(config).digest('hex')}.json`
    writeFileSync(join(dir, configFile), config)
    writeFileSync(
      join(dir, 'manifest.json'),
      JSON.stringify([{ Config: configFile, RepoTags: [reference], Layers: ['layer.tar'] }]),
    )
    await run('tar', [...plain, '-C', dir, '-cf', archive, 'manifest.json', configFile, 'layer.tar'])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function stage({ files, links = {} }: ImageContent, root: string): void {
  for (const folder of ['tmp', 'etc', 'var/run/ko']) mkdirSync(join(root, folder), { recursive: true })
  chmodSync(root, 0o755)
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc/passwd'), `nonroot:x:${USER}:${USER}::/:\n`)
  writeFileSync(join(root, 'var/run/ko/HEAD'), '0000000\n') // Knative's programs log it as their commit
  for (const [target, file] of Object.entries(files)) place(file, join(root, target))
  for (const [target, text] of Object.entries(links)) {
    mkdirSync(dirname(join(root, target)), { recursive: true })
    symlinkSync(text, join(root, target))
  }
}

function place(file: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true })
  const itself = realpathSync(file)
  try {
    linkSync(itself, target)
  } catch {
    copyFileSync(itself, target) // it lies on another file system
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** The shared libraries that a program is linked to, its loader included, as they lie on this machine. */
export async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program])
  return [...new Set(stdout.match(/\/\S+\.so\S*/g) ?? [])]
}

/** The tools of a shell, all in one static program, under `/bin`. */
export function shellTools(busybox: string): Required<Pick<ImageContent, 'files' | 'links'>> {
  const tools = ['sh', 'sleep', 'echo', 'cat', 'true', 'false', 'wget', 'env', 'ls', 'head', 'tail']
  return {
    files: { '/bin/busybox': busybox },
    links: Object.fromEntries(tools.map((tool) => [`/bin/${tool}`, basename(busybox)])),
  }
}
