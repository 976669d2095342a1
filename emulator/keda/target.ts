import type { KubeObject } from '../api-server/types.ts'
import type { Client, Resource } from '../client.ts'

const deployments: Resource = { apiVersion: 'apps/v1', plural: 'deployments' }

/** A Deployment's scale subresource. Both throw where there is no such Deployment. */
export const targetOf = (client: Client, namespace: string, name: string) => {
  const read = (): KubeObject => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`
    const response = client.send({ method: 'GET', path })
    if ('watch' in response) throw new Error(`${path}: a watch`)
    const body = response.body as KubeObject & { readonly message?: string } // a Scale or a Status
    if (response.status !== 200) throw new Error(body.message ?? `status ${response.status}`)
    return body
  }
  const replicasOf = (scale: KubeObject): number => (scale['spec'] as { replicas?: number } | undefined)?.replicas ?? 0
  return {
    replicas: (): number => replicasOf(read()),
    /** The number there was before. */
    setReplicas: (replicas: number): number => {
      const scale = read()
      client.update(deployments, { ...scale, spec: { replicas } }, 'scale')
      return replicasOf(scale)
    },
  }
}
