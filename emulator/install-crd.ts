import type { KubeObject } from './api-server/types.ts'
import { type Client, isStatus, type Resource, refOf } from './client.ts'

const crds: Resource = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' }

/** Also for a server that has it already, from an earlier run or another hand. */
export function installCrd(client: Client, crd: KubeObject): void {
  try {
    client.create(crds, crd)
  } catch (error) {
    if (!isStatus(error, 409)) throw error
    client.patch(crds, refOf(crd), crd)
  }
}
