import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { archiveOf, layerOf } from './archive.ts'
import { contents } from './contents.ts'

const EPOCH = new Date(0)

const anImage = async ({ app = 'run()', createdAt = EPOCH } = {}) => ({
  name: 'localhost:5000/team/dormouse:1.0',
  platform: { os: 'linux', architecture: 'amd64' } as const,
  layers: [
    await layerOf([{ path: 'nodejs/bin/node', content: 'Node', isExecutable: true }], createdAt),
    await layerOf([{ path: 'app/main.cjs', content: app }], createdAt),
  ],
  config: contents.dormouse.config,
  createdAt,
})

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number }
type Index = {
  readonly mediaType: string
  readonly manifests: readonly (Descriptor & { readonly annotations: object })[]
}
type Manifest = { readonly mediaType: string; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
type Config = { readonly config: object; readonly rootfs: { readonly diff_ids: readonly string[] } }

const sha256 = (data: Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** Unpacked by the machine's tar, since ours has written it. */
const unpacked = (archive: Buffer) => {
  const folder = mkdtempSync(join(tmpdir(), 'dormouse-image-'))
  folders.push(folder)
  writeFileSync(join(folder, 'archive'), archive)
  execFileSync('tar', ['-xf', 'archive'], { cwd: folder })
  const read = (path: string) => readFileSync(join(folder, path))
  const blob = ({ digest }: Pick<Descriptor, 'digest'>) => read(`blobs/${digest.replace(':', '/')}`)
  const parsed = <T>(data: Buffer) => JSON.parse(data.toString()) as T
  const index = parsed<Index>(read('index.json'))
  const [first = { digest: '' }] = index.manifests
  const manifest = parsed<Manifest>(blob(first))
  return { read, blob, parsed, index, manifest, blobs: readdirSync(join(folder, 'blobs/sha256')) }
}

describe('an archive', () => {
  test('is an OCI layout whose blobs are what their descriptors say', async () => {
    const { archive, digest } = await archiveOf(await anImage())
    const { read, blob, parsed, index, manifest, blobs } = unpacked(archive)
    expect(parsed(read('oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' })
    expect([index.mediaType, manifest.mediaType]).toEqual([
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
    ])
    const descriptors = [...index.manifests, manifest.config, ...manifest.layers]
    expect(descriptors.map((found) => [sha256(blob(found)), blob(found).length])).toEqual(
      descriptors.map(({ digest, size }) => [digest, size]),
    )
    expect(blobs).toHaveLength(descriptors.length)
    expect(index.manifests[0]?.digest).toBe(digest)
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual(
      manifest.layers.map(() => 'application/vnd.oci.image.layer.v1.tar+gzip'),
    )
  })

  test('tells the digests of its layers as they are unpacked, the lowest first', async () => {
    const { blob, parsed, manifest } = unpacked((await archiveOf(await anImage())).archive)
    const layers = manifest.layers.map((layer) => gunzipSync(blob(layer)))
    expect(parsed<Config>(blob(manifest.config)).rootfs.diff_ids).toEqual(layers.map(sha256))
    expect(layers[0]?.toString('latin1')).toContain('nodejs/bin/node')
    expect(layers[1]?.toString('latin1')).toContain('app/main.cjs')
  })

  test('starts as a user that is not root', async () => {
    const { blob, parsed, manifest } = unpacked((await archiveOf(await anImage())).archive)
    expect(parsed<Config>(blob(manifest.config)).config).toMatchObject({ User: '65532' })
  })

  test('is named for containerd, for readers of OCI layouts and for Docker', async () => {
    const { read, parsed, index, manifest } = unpacked((await archiveOf(await anImage())).archive)
    expect(index.manifests[0]?.annotations).toEqual({
      'io.containerd.image.name': 'localhost:5000/team/dormouse:1.0',
      'org.opencontainers.image.ref.name': '1.0',
    })
    const path = ({ digest }: Descriptor) => `blobs/${digest.replace(':', '/')}`
    expect(parsed(read('manifest.json'))).toEqual([
      {
        Config: path(manifest.config),
        RepoTags: ['localhost:5000/team/dormouse:1.0'],
        Layers: manifest.layers.map(path),
      },
    ])
  })

  test('is the same byte for byte when it is made again', async () => {
    expect((await archiveOf(await anImage())).archive).toEqual((await archiveOf(await anImage())).archive)
  })

  test('has another digest, above the same lowest layer, when a file of ours has changed', async () => {
    const [before, after] = [await archiveOf(await anImage()), await archiveOf(await anImage({ app: 'other()' }))]
    expect(after.digest).not.toBe(before.digest)
    const [old, young] = [unpacked(before.archive).manifest.layers, unpacked(after.archive).manifest.layers]
    expect(young[0]).toEqual(old[0])
    expect(young[1]).not.toEqual(old[1])
  })

  test('has the given time', async () => {
    const createdAt = new Date('2026-01-02T03:04:05Z')
    const { blob, parsed, manifest } = unpacked((await archiveOf(await anImage({ createdAt }))).archive)
    expect(parsed(blob(manifest.config))).toMatchObject({ created: '2026-01-02T03:04:05.000Z' })
  })
})
