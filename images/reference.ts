import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { IMAGE } from '#manifests/names.ts'

const HOST = String.raw`(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:))(?::\d{1,5})?`
const PART = String.raw`[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*`
/** The grammar of https://github.com/distribution/reference, with the registry and the tag that may be missing there. */
const REFERENCE = new RegExp(`^${HOST}(?:/${PART})+:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)

/**
 * The name as it is. Throws for one without registry or tag: Docker would read `dormouse` as `docker.io/library/dormouse:latest`,
 * containerd would not, and a kubelet pulls `latest` each time. Pure.
 */
export const checkedReference = (name: string): string => {
  if (REFERENCE.test(name)) return name
  throw new Error(
    `--tag is "${name}", must be a name with registry and tag, such as registry.example.com/dormouse:0.1.0`,
  )
}

type Kustomization = {
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string }[]
}

/** What the manifests of this repository call the image that they deploy. */
export const deployedReference = (): string => {
  const file = new URL('../kustomization.yaml', import.meta.url)
  const { images = [] } = parse(readFileSync(file, 'utf8')) as Kustomization
  const { newName, newTag } = images.find(({ name }) => name === IMAGE) ?? {}
  if (newName === undefined || newTag === undefined)
    throw new Error(`kustomization.yaml: no newName and newTag for the image ${IMAGE}; give the name with --tag`)
  return checkedReference(`${newName}:${newTag}`)
}
