import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiClient } from './api-client.ts'
import { writeKubeconfig } from './credentials.ts'

export type ServiceAccounts = {
  readonly serviceAccountToken: (namespace: string, name: string, seconds?: number) => Promise<string>
  readonly serviceAccountDirectory: (namespace: string, name: string) => Promise<string>
  readonly serviceAccountKubeconfig: (namespace: string, name: string) => Promise<string>
}

type Access = { readonly api: ApiClient; readonly dir: string; readonly server: string; readonly caFile: string }

/** The ways to act as a ServiceAccount of one control plane; see `ControlPlane`. */
export function serviceAccounts({ api, dir, server, caFile }: Access): ServiceAccounts {
  const serviceAccountToken = async (namespace: string, name: string, seconds = 3600): Promise<string> => {
    const answer = await api.post<{ status: { token: string } }>(
      `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: seconds } },
    )
    return answer.status.token
  }
  const folder = (namespace: string, name: string): string => {
    const path = join(dir, 'service-accounts', `${namespace}.${name}`)
    mkdirSync(path, { recursive: true })
    return path
  }
  return {
    serviceAccountToken,
    serviceAccountDirectory: async (namespace, name) => {
      const token = await serviceAccountToken(namespace, name)
      const path = folder(namespace, name)
      writeFileSync(join(path, 'token'), token, { mode: 0o600 })
      copyFileSync(caFile, join(path, 'ca.crt'))
      writeFileSync(join(path, 'namespace'), namespace)
      return path
    },
    serviceAccountKubeconfig: async (namespace, name) => {
      const token = await serviceAccountToken(namespace, name)
      return writeKubeconfig(join(folder(namespace, name), 'kubeconfig'), { server, caFile, token })
    },
  }
}
