import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '#emulator/host/free-ports.ts'
import { AUDIT_POLICY } from './audit.ts'
import { type Credentials, writeCredentials, writeKubeconfig } from './credentials.ts'

/** Where one control plane has its ports and files. */
export type Layout = {
  readonly dir: string
  readonly server: string
  readonly credentials: Credentials
  readonly etcdPort: number
  readonly etcdPeerPort: number
  readonly apiServerPort: number
  readonly auditPolicyFile: string
  readonly auditLogFile: string
  readonly certDir: string
  /** kube-apiserver writes its certificate here with the CA that signed it, and then `servingKeyFile`. */
  readonly caFile: string
  readonly servingKeyFile: string
  readonly adminKubeconfig: string
  readonly controllerKubeconfig: string
}

/** Where a control plane is reached. */
export type Address = Pick<Layout, 'etcdPort' | 'etcdPeerPort' | 'apiServerPort'> & { readonly ip: string }

export async function freeAddress(): Promise<Address> {
  const [etcdPort = 0, etcdPeerPort = 0, apiServerPort = 0] = await freePorts(3)
  return { ip: '127.0.0.1', etcdPort, etcdPeerPort, apiServerPort }
}

/** Writes all files that must be there before the first process; `users` as in `writeCredentials`. */
export function layOut(dir: string, { ip, ...ports }: Address, users: Readonly<Record<string, string>> = {}): Layout {
  const server = `https://${ip}:${ports.apiServerPort}`
  const certDir = join(dir, 'certs')
  const caFile = join(certDir, 'apiserver.crt')
  for (const folder of ['logs', 'service-accounts']) mkdirSync(join(dir, folder))
  const credentials = writeCredentials(dir, users)
  const auditPolicyFile = join(dir, 'audit-policy.yaml')
  writeFileSync(auditPolicyFile, AUDIT_POLICY)
  const kubeconfig = (name: string, token: string): string =>
    writeKubeconfig(join(dir, `${name}.kubeconfig`), { server, caFile, token })
  return {
    dir,
    server,
    credentials,
    ...ports,
    auditPolicyFile,
    auditLogFile: join(dir, 'audit.log'),
    certDir,
    caFile,
    servingKeyFile: join(certDir, 'apiserver.key'),
    adminKubeconfig: kubeconfig('admin', credentials.adminToken),
    controllerKubeconfig: kubeconfig('controllers', credentials.controllerToken),
  }
}
