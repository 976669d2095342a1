import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignToken } from '../api-server/reviews.ts'
import type { Store } from '../api-server/store.ts'
import type { User } from '../api-server/types.ts'

export type ServiceAccountTokens = {
  readonly sign: SignToken
  /** Whose token it is at `now` (milliseconds); `undefined` for a token that is not ours, is too old, or whose account is gone. */
  readonly userOf: (token: string, store: Store, now: number) => User | undefined
}

/** Signs and checks ServiceAccount tokens with one secret (HS256; the real server's are RS256). */
export function serviceAccountTokens(secret: string): ServiceAccountTokens {
  const signature = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url')
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    sign: (claims) => {
      const text = `${encoded({ alg: 'HS256', kid: 'emulator' })}.${encoded(claims)}`
      return `${text}.${signature(text)}`
    },
    userOf: (token, store, now) => {
      const [head = '', body = '', given = ''] = token.split('.')
      const wanted = Buffer.from(signature(`${head}.${body}`))
      const found = Buffer.from(given)
      if (found.length !== wanted.length || !timingSafeEqual(found, wanted)) return undefined
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims // signed by `sign`
      const { namespace, serviceaccount } = claims['kubernetes.io']
      const account = store.get('serviceaccounts', `${namespace}/${serviceaccount.name}`)
      if (claims.exp * 1000 <= now || account?.metadata.uid !== serviceaccount.uid) return undefined
      // As the real server, which takes a token for other audiences for none of its own.
      if (!claims.aud.includes(claims.iss)) return undefined
      return {
        name: claims.sub,
        uid: serviceaccount.uid,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
      }
    },
  }
}

type Claims = {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iss: string
  readonly jti: string
  readonly sub: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: { readonly name: string; readonly uid: string }
  }
}
