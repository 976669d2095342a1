import { at, isObject, textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import { isStatus } from '../client.ts'
import { resources } from './resources.ts'

export type Resolved = { readonly uri: string } | { readonly error: string }

/**
 * The URL of a duck/v1 Destination, as Knative's resolver finds it: of a Service from its name, of what else is Addressable from
 * `status.address.url`; a relative `uri` goes on from there. `home` is the namespace of who refers.
 */
export function resolve(client: Client, destination: unknown, home: string): Resolved {
  const ref = at(destination, 'ref')
  const uri = textAt(destination, 'uri')
  if (!isObject(ref)) return { uri }
  const base = addressOf(client, ref, textAt(ref, 'namespace') || home)
  if ('error' in base || uri === '') return base
  return { uri: new URL(uri, base.uri).href }
}

function addressOf(client: Client, ref: unknown, namespace: string): Resolved {
  const [apiVersion, kind, name] = ['apiVersion', 'kind', 'name'].map((key) => textAt(ref, key)) as [
    string,
    string,
    string,
  ]
  const addressable = Object.values(resources).find((each) => each.apiVersion === apiVersion && each.kind === kind)
  if (!addressable?.isAddressable)
    return { error: `not implemented by the emulator: ${kind} of ${apiVersion} as a destination` }
  const missing = (what: string): Resolved => ({ error: `failed to get object ${namespace}/${name}: ${what}` })
  const found = get(client, addressable, { namespace, name })
  if (found instanceof Error) return missing(found.message)
  if (!found) {
    const [, group = ''] = apiVersion.split('/').reverse()
    return missing(`${addressable.plural}${group && `.${group}`} "${name}" not found`)
  }
  if (apiVersion === 'v1') return { uri: `http://${name}.${namespace}.svc.cluster.local` }
  const url = textAt(found, 'status', 'address', 'url')
  return url === '' ? { error: `address not set for ${kind} ${namespace}/${name} of ${apiVersion}` } : { uri: url }
}

function get(
  client: Client,
  resource: { readonly apiVersion: string; readonly plural: string },
  ref: { readonly namespace: string; readonly name: string },
): KubeObject | undefined | Error {
  try {
    return client.get(resource, ref)
  } catch (error) {
    if (isStatus(error, 501)) return error
    throw error
  }
}
