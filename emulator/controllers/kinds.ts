import type { KubeObject } from '../api-server/types.ts'
import type { Client, Resource } from '../client.ts'
import type { World } from '../world.ts'
import { DEFINITIONS } from './resources.ts'
import { createWorkQueue } from './work-queue.ts'

/** A kind whose objects can be listed, watched and deleted; in the one version that is preferred. */
export type Kind = Resource & { readonly group: string; readonly kind: string; readonly isNamespaced: boolean }

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''

/** Asks discovery for all kinds now, and again when a CRD changes: `onKind` for each that is new; its answer is called when it goes. */
export function followKinds(client: Client, world: World, onKind: (kind: Kind) => () => void): () => void {
  const known = new Map<string, () => void>()
  const look = (): void => {
    const now = new Map(kindsOf(client).map((kind) => [`${kind.plural}.${kind.group}`, kind]))
    for (const [name, stop] of [...known])
      if (!now.has(name)) {
        known.delete(name)
        stop()
      }
    for (const [name, kind] of now) if (!known.has(name)) known.set(name, onKind(kind))
  }
  const queue = createWorkQueue(world, look)
  look()
  const stop = client.follow(DEFINITIONS, () => queue.add('discovery'))
  return () => {
    stop()
    queue.stop()
    for (const each of known.values()) each()
  }
}

type Listed = {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

export function kindsOf(client: Client): readonly Kind[] {
  const read = (path: string): KubeObject => {
    const response = client.send({ method: 'GET', path })
    if ('watch' in response || response.status !== 200) throw new Error(`discovery of ${path} failed`)
    return response.body as KubeObject
  }
  const { groups } = read('/apis') as unknown as {
    groups: readonly { preferredVersion: { groupVersion: string }; versions: readonly { groupVersion: string }[] }[]
  }
  const versions = [
    'v1',
    ...groups.flatMap((group) => [group.preferredVersion, ...group.versions].map((each) => each.groupVersion)),
  ]
  const found = new Map<string, Kind>()
  for (const apiVersion of new Set(versions)) {
    const { resources } = read(apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`) as unknown as {
      resources: readonly Listed[]
    }
    const group = groupOf(apiVersion)
    for (const { name, kind, namespaced, verbs } of resources) {
      if (name.includes('/') || !['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))) continue
      const key = `${name}.${group}`
      if (!found.has(key)) found.set(key, { apiVersion, group, plural: name, kind, isNamespaced: namespaced })
    }
  }
  return [...found.values()]
}
