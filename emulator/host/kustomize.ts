import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../api-server/types.ts'

/**
 * What `kubectl kustomize` makes of a folder, as far as `resources` and `images` go; any other field is refused by name, since
 * leaving it out would show something that no cluster would see. A path to a file gives that file's objects.
 */
export function objectsIn(path: string): readonly KubeObject[] {
  if (!statSync(path).isDirectory()) return documentsIn(path) as readonly KubeObject[]
  const file = join(path, 'kustomization.yaml')
  const [found] = documentsIn(file)
  const { apiVersion: _, kind: __, resources = [], images = [], ...others } = found as Kustomization
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new Error(`${file}: "${unknown}" is not implemented here; resources and images are`)
  const objects = resources.flatMap((each) => objectsIn(join(path, each)))
  return images.length === 0 ? objects : objects.map((object) => renamed(object, images) as KubeObject)
}

type Image = { readonly name: string; readonly newName?: string; readonly newTag?: string; readonly digest?: string }
type Kustomization = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly resources?: readonly string[]
  readonly images?: readonly Image[]
}

const documentsIn = (file: string): readonly unknown[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => {
    const [error] = document.errors
    if (error) throw new Error(`${file}: ${error.message}`)
    const value: unknown = document.toJS()
    return value === null ? [] : [value]
  })

/** Kustomize looks at `image` in every list of containers, wherever it is. */
function renamed(value: unknown, images: readonly Image[], isContainer = false): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, images, isContainer))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (isContainer && key === 'image' && typeof item === 'string') return [key, imageOf(item, images)]
      return [key, renamed(item, images, key === 'containers' || key === 'initContainers')]
    }),
  )
}

function imageOf(image: string, images: readonly Image[]): string {
  const [, name = '', version = ''] = /^(.+?)((?::[^/:@]+)?(?:@.+)?)$/.exec(image) ?? []
  const wanted = images.find((each) => each.name === name)
  if (!wanted) return image
  const { newName = name, newTag, digest } = wanted
  return `${newName}${digest !== undefined ? `@${digest}` : newTag !== undefined ? `:${newTag}` : version}`
}
