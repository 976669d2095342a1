import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignToken } from '../api-server/reviews.ts'
import type { ApiServer } from '../api-server/server.ts'
import type { User } from '../api-server/types.ts'
import type { Authenticate } from './http.ts'

/** Signs and checks ServiceAccount tokens with one secret (HS256; the real server's are RS256). */
export function serviceAccountTokens(secret: string): {
  readonly sign: SignToken
  readonly authenticate: (api: ApiServer, now: () => number, known: Readonly<Record<string, User>>) => Authenticate
} {
  const signature = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url')
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    sign: (claims) => {
      const text = `${encoded({ alg: 'HS256', kid: 'emulator' })}.${encoded(claims)}`
      return `${text}.${signature(text)}`
    },
    authenticate: (api, now, known) => (token) => {
      if (token === undefined) return undefined
      if (Object.hasOwn(known, token)) return known[token]
      const [head = '', body = '', given = ''] = token.split('.')
      const wanted = Buffer.from(signature(`${head}.${body}`))
      const found = Buffer.from(given)
      if (found.length !== wanted.length || !timingSafeEqual(found, wanted)) return undefined
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims // signed by `sign`
      const { namespace, serviceaccount } = claims['kubernetes.io']
      const account = api.store.get('serviceaccounts', `${namespace}/${serviceaccount.name}`)
      if (claims.exp * 1000 <= now() || account?.metadata.uid !== serviceaccount.uid) return undefined
      const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
      return { name: claims.sub, uid: serviceaccount.uid, groups }
    },
  }
}

type Claims = {
  readonly sub: string
  readonly exp: number
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: { readonly name: string; readonly uid: string }
  }
}
