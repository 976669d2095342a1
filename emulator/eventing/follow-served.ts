import { type Client, isStatus, type Resource } from '../client.ts'
import { resources } from './resources.ts'

type OnChange = Parameters<Client['follow']>[1]

/** Follows a resource from when there is one: kinds of others come with their CustomResourceDefinitions. The answer ends it. */
export function followOnceServed(client: Client, resource: Resource, onChange: OnChange): () => void {
  let end: (() => void) | undefined
  const attempt = (): void => {
    if (end) return
    try {
      end = client.follow(resource, onChange)
    } catch (error) {
      if (!isStatus(error, 404) && !isStatus(error, 501)) throw error
    }
  }
  const [group] = resource.apiVersion.split('/')
  attempt()
  const endOfDefinitions = client.follow(resources.crds, ({ type }) => type !== 'DELETED' && attempt(), {
    fieldSelector: `metadata.name=${resource.plural}.${group}`,
  })
  return () => {
    endOfDefinitions()
    end?.()
  }
}
