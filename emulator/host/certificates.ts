import { generate } from 'selfsigned'

/** PEM texts of a server, and of the authority that vouches for it. */
export type Certificates = { readonly ca: string; readonly cert: string; readonly key: string }

const day = 24 * 60 * 60 * 1000
const names = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]

/** Makes a certificate authority and a server's certificate for this machine, good for a year from `now`. Some 30 ms. */
export async function makeCertificates(now: number): Promise<Certificates> {
  const options = {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - day),
    notAfterDate: new Date(now + 365 * day),
  } as const
  const authority = await generate([{ name: 'commonName', value: 'emulator' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  })
  const server = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...names.map((value) => ({ type: 2 as const, value })), { type: 7, ip: '127.0.0.1' }],
      },
    ],
  })
  return { ca: authority.cert, cert: server.cert, key: server.private }
}
