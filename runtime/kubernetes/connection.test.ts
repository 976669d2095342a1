import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stubCertificate, stubKey } from '#test/stub-server.ts'
import { connect } from './connection.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dormouse-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
  vi.unstubAllEnvs()
})

const write = (name: string, content: string) => {
  const file = join(directory, name)
  writeFileSync(file, content)
  return file
}

describe('in a Pod', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  const inPod = (env: NodeJS.ProcessEnv = {}) => {
    write('token', 'first\n')
    write('ca.crt', stubCertificate)
    return connect({
      SERVICE_ACCOUNT_DIRECTORY: directory,
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
      ...env,
    })
  }

  it('the connection is that of its ServiceAccount', async () => {
    const connection = await inPod()
    expect(connection.server.href).toBe('https://10.0.0.1:6443/')
    expect(String(connection.tls.ca)).toBe(stubCertificate)
    expect(await connection.headers()).toEqual({ authorization: 'Bearer first' })
  })

  it('an address of IPv6 is one, and the port is 443 where none is named', async () => {
    const { server } = await inPod({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: undefined })
    expect(server.href).toBe('https://[fd00::1]/')
  })

  it('a new token is used a minute later', async () => {
    const { headers } = await inPod()
    await headers()
    write('token', 'second')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await headers()).toEqual({ authorization: 'Bearer first' })
    await vi.advanceTimersByTimeAsync(1)
    expect(await headers()).toEqual({ authorization: 'Bearer second' })
  })

  it('a new token is used at once where the old one is refused', async () => {
    const { headers } = await inPod()
    await headers()
    write('token', 'second')
    expect(await headers(true)).toEqual({ authorization: 'Bearer second' })
    expect(await headers()).toEqual({ authorization: 'Bearer second' })
  })

  it('without the certificate of its authority there is no connection', async () => {
    await inPod()
    rmSync(join(directory, 'ca.crt'))
    const env = { SERVICE_ACCOUNT_DIRECTORY: directory, KUBERNETES_SERVICE_HOST: '10.0.0.1' }
    await expect(connect(env)).rejects.toThrow('ca.crt')
  })

  it('a kubeconfig that is named goes first', async () => {
    const kubeconfig = useKubeconfig({ user: { token: 'mine' } })
    expect((await inPod({ KUBECONFIG: kubeconfig })).server.host).toBe('example.test:6443')
  })
})

type Kubeconfig = { readonly user?: object; readonly cluster?: object; readonly context?: string }

/** Writes a kubeconfig (JSON, which is YAML) and makes it the one of this process. */
const useKubeconfig = ({ user = {}, cluster = {}, context = 'test' }: Kubeconfig): string => {
  const file = write(
    'config',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: 'https://example.test:6443', ...cluster } }],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': context,
    }),
  )
  vi.stubEnv('KUBECONFIG', file)
  return file
}

describe('with a kubeconfig', () => {
  const connection = (kubeconfig: Kubeconfig) => connect({ KUBECONFIG: useKubeconfig(kubeconfig) })

  it('a token says who we are', async () => {
    const { headers, server } = await connection({ user: { token: 'mine' } })
    expect(server.href).toBe('https://example.test:6443/')
    expect(lowerCased(await headers())).toEqual({ authorization: 'Bearer mine' })
  })

  it('a token may be in a file', async () => {
    const { headers } = await connection({ user: { tokenFile: write('token', 'from-file') } })
    expect(lowerCased(await headers())).toEqual({ authorization: 'Bearer from-file' })
  })

  it('a name and a password say who we are', async () => {
    const { headers } = await connection({ user: { username: 'ada', password: 'x:y' } })
    expect(lowerCased(await headers())).toEqual({ authorization: `Basic ${btoa('ada:x:y')}` })
  })

  it('a certificate says who we are, in the file or beside it', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const inline = {
      cluster: { 'certificate-authority-data': base64(stubCertificate) },
      user: { 'client-certificate-data': base64(stubCertificate), 'client-key-data': base64(stubKey) },
    }
    const beside = {
      cluster: { 'certificate-authority': write('ca.crt', stubCertificate) },
      user: { 'client-certificate': write('tls.crt', stubCertificate), 'client-key': write('tls.key', stubKey) },
    }
    for (const kubeconfig of [inline, beside]) {
      const { tls } = await connection(kubeconfig)
      expect([tls.ca, tls.cert, tls.key].map(String)).toEqual([stubCertificate, stubCertificate, stubKey])
    }
  })

  it('a program says who we are, and is asked again where its answer is refused', async () => {
    const token = write('token', 'first')
    const credential = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$(cat ${token})'"}}`
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', `echo '${credential}'`],
      interactiveMode: 'Never',
    }
    const { headers } = await connection({ user: { exec } })
    expect(lowerCased(await headers())).toEqual({ authorization: 'Bearer first' })
    write('token', 'second')
    expect(lowerCased(await headers(true))).toEqual({ authorization: 'Bearer second' })
  })

  it('the server may go by another name, or be trusted blindly, where that is asked for', async () => {
    const cluster = { 'tls-server-name': 'kubernetes', 'insecure-skip-tls-verify': true }
    expect((await connection({ user: { token: 'x' }, cluster })).tls).toMatchObject({
      servername: 'kubernetes',
      rejectUnauthorized: false,
    })
  })

  it('a context that is not there is named', async () => {
    await expect(connection({ context: 'elsewhere' })).rejects.toThrow('kubeconfig has no context "elsewhere"')
  })

  it('a proxy is refused, and said to be', async () => {
    await expect(connection({ cluster: { 'proxy-url': 'http://proxy' } })).rejects.toThrow(/"test" has a proxy-url/)
  })
})

const lowerCased = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
