import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Credentials = {
  readonly adminToken: string
  readonly controllerToken: string
  /** Throws for a user that was not asked for. */
  readonly tokenOf: (user: string) => string
  /** For kube-apiserver's `--token-auth-file`. */
  readonly tokenFile: string
  /** The RSA key that signs ServiceAccount tokens. */
  readonly serviceAccountKeyFile: string
}

const CONTROLLERS = 'system:kube-controller-manager'

/** Writes fresh credentials for one control plane into `dir`; `users` are further ones, with the group of each, or none. */
export function writeCredentials(dir: string, users: Readonly<Record<string, string>> = {}): Credentials {
  const groups = { admin: 'system:masters', [CONTROLLERS]: '', ...users }
  const tokens = new Map(Object.keys(groups).map((user) => [user, randomBytes(16).toString('hex')]))
  const tokenOf = (user: string): string => {
    const token = tokens.get(user)
    if (token === undefined) throw new Error(`no credentials were made for user ${user}`)
    return token
  }
  const lines = Object.entries(groups).map(([user, group]) => [tokenOf(user), user, user, group].join(','))
  const tokenFile = writePrivate(join(dir, 'tokens.csv'), `${lines.join('\n')}\n`)
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return {
    adminToken: tokenOf('admin'),
    controllerToken: tokenOf(CONTROLLERS),
    tokenOf,
    tokenFile,
    serviceAccountKeyFile: writePrivate(join(dir, 'service-account.key'), privateKey),
  }
}

export type KubeconfigContent = {
  readonly server: string
  readonly caFile: string
  readonly token: string
  /** What the server's certificate says it is, where that is not its address. */
  readonly tlsServerName?: string
}

/** Writes a kubeconfig (JSON, which is YAML) and returns its path. */
export function writeKubeconfig(file: string, { server, caFile, token, tlsServerName }: KubeconfigContent): string {
  const cluster = {
    server,
    'certificate-authority': caFile,
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
  }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
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
