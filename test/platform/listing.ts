import type { Platform } from './platform.ts'

type Groups = { readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[] }
type Resource = { readonly name: string; readonly verbs: readonly string[] }
type Resources = { readonly resources: readonly Resource[] }
type Objects = {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[]
}

/** Events tell the past, and an IPAddress is its Service's, which is listed. */
const NOT_LISTED: readonly string[] = ['events', 'ipaddresses']

/** Every object of every kind in every namespace and in none, as `group/version plural namespace/name`, but for those kinds. */
export const everything = async ({ api }: Pick<Platform, 'api'>): Promise<readonly string[]> => {
  const { groups } = await api.get<Groups>('/apis')
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const listed = await Promise.all(
    roots.map(async (root) => {
      const { resources } = await api.get<Resources>(root)
      const kinds = resources.filter(
        ({ name, verbs }) => verbs.includes('list') && !name.includes('/') && !NOT_LISTED.includes(name),
      )
      const lists = await Promise.all(kinds.map(({ name }) => objectsOf(api, root, name)))
      return lists.flat()
    }),
  )
  return listed.flat().sort()
}

const objectsOf = async (api: Platform['api'], root: string, plural: string): Promise<readonly string[]> => {
  const { items } = await api.get<Objects>(`${root}/${plural}`)
  return items.map(({ metadata }) => `${root} ${plural} ${metadata.namespace ?? ''}/${metadata.name}`)
}
