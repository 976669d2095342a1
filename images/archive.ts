import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Entry, tarOf } from './tar.ts'

/** What a container gets from its image, in Docker's words, which are OCI's too. */
export type ContainerConfig = {
  readonly User: string
  readonly WorkingDir: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd?: readonly string[]
  readonly ExposedPorts?: Readonly<Record<string, object>>
}

export type Platform = { readonly os: 'linux'; readonly architecture: string }

export type Layer = {
  readonly compressed: Buffer
  readonly uncompressedDigest: string
  readonly uncompressedBytes: number
}

export type Image = {
  /** With registry and tag: `registry.example.com/dormouse:0.1.0`. */
  readonly name: string
  readonly platform: Platform
  /** The lowest first. */
  readonly layers: readonly Layer[]
  readonly config: ContainerConfig
  readonly createdAt: Date
}

/**
 * Compressed as registries keep it, so that the digest of the image is the same before and after a push; `level` is zlib's, from 0 (as
 * it is) to 9.
 */
export const layerOf = async (entries: readonly Entry[], mtime: Date, level?: number): Promise<Layer> => {
  const tar = await tarOf(entries, mtime)
  return {
    compressed: await promisify(gzip)(tar, level === undefined ? {} : { level }),
    uncompressedDigest: digestOf(tar),
    uncompressedBytes: tar.length,
  }
}

/**
 * One tar for every reader: an OCI image layout (containerd, Podman, skopeo), and beside its index the `manifest.json` of `docker save`
 * (Docker, kind, minikube), which points to the same blobs. `digest` is that of the image's manifest, by which a registry knows it.
 */
export const archiveOf = async (image: Image): Promise<{ readonly archive: Buffer; readonly digest: string }> => {
  const { name, platform, layers, createdAt } = image
  const config = json({
    created: createdAt.toISOString(),
    ...platform,
    config: image.config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ uncompressedDigest }) => uncompressedDigest) },
  })
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptorOf('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map(({ compressed }) => descriptorOf('application/vnd.oci.image.layer.v1.tar+gzip', compressed)),
  })
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        ...descriptorOf('application/vnd.oci.image.manifest.v1+json', manifest),
        platform,
        // OCI names an image within its layout by the tag alone; containerd reads the whole name from an annotation of its own.
        annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) },
      },
    ],
  })
  const dockerManifest = json([
    { Config: pathOf(config), RepoTags: [name], Layers: layers.map(({ compressed }) => pathOf(compressed)) },
  ])
  const blobs = [config, manifest, ...layers.map(({ compressed }) => compressed)]
  const entries = [
    { path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', content: index },
    { path: 'manifest.json', content: dockerManifest },
    ...blobs.map((content) => ({ path: pathOf(content), content })),
  ]
  return { archive: await tarOf(entries, createdAt), digest: digestOf(manifest) }
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const tagOf = (name: string): string => name.slice(name.lastIndexOf(':') + 1)
const digestOf = (blob: Buffer): string => `sha256:${createHash('sha256').update(blob).digest('hex')}`
const pathOf = (blob: Buffer): string => `blobs/${digestOf(blob).replace(':', '/')}`
const descriptorOf = (mediaType: string, blob: Buffer) => ({ mediaType, digest: digestOf(blob), size: blob.length })
