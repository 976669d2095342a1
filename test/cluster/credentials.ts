import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Credentials = {
  readonly adminToken: string
  readonly controllerToken: string
  /** For kube-apiserver's `--token-auth-file`. */
  readonly tokenFile: string
  /** The RSA key that signs ServiceAccount tokens. */
  readonly serviceAccountKeyFile: string
}

/** Writes fresh credentials for one control plane into `dir`. */
export function writeCredentials(dir: string): Credentials {
  const adminToken = randomBytes(16).toString('hex')
  const controllerToken = randomBytes(16).toString('hex')
  const tokenFile = writePrivate(
    join(dir, 'tokens.csv'),
    `${adminToken},admin,admin,system:masters\n${controllerToken},system:kube-controller-manager,kcm\n`,
  )
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return {
    adminToken,
    controllerToken,
    tokenFile,
    serviceAccountKeyFile: writePrivate(join(dir, 'service-account.key'), privateKey),
  }
}

export type KubeconfigContent = {
  readonly server: string
  readonly caFile: string
  readonly token: string
}

/** Writes a kubeconfig (JSON, which is YAML) and returns its path. */
export function writeKubeconfig(file: string, { server, caFile, token }: KubeconfigContent): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
  return writePrivate(file, JSON.stringify(config, undefined, 2))
}

function writePrivate(file: string, content: string): string {
  writeFileSync(file, content, { mode: 0o600 })
  return file
}
