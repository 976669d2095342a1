import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Store } from '../api-server/store.ts'
import type { SignToken } from '../api-server/token-request.ts'
import type { User } from '../api-server/types.ts'

export type ServiceAccountTokens = {
  readonly sign: SignToken
  /** Whose token it is at `now` (milliseconds); `undefined` for a token that is not ours, is too old, or whose account or Pod is gone. */
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
      const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io']
      const account = store.get('serviceaccounts', `${namespace}/${serviceaccount.name}`)
      if (claims.exp * 1000 <= now || account?.metadata.uid !== serviceaccount.uid) return undefined
      const isLeft = (plural: string, bound: Named | undefined): boolean =>
        bound === undefined || store.get(plural, `${namespace}/${bound.name}`)?.metadata.uid === bound.uid
      if (!isLeft('pods', pod) || !isLeft('secrets', secret)) return undefined
      // As the real server, which takes a token for other audiences for none of its own.
      if (!claims.aud.includes(claims.iss)) return undefined
      return {
        name: claims.sub,
        uid: serviceaccount.uid,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
          ...(pod && {
            'authentication.kubernetes.io/pod-name': [pod.name],
            'authentication.kubernetes.io/pod-uid': [pod.uid],
          }),
        },
      }
    },
  }
}

type Named = { readonly name: string; readonly uid: string }

type Claims = {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iss: string
  readonly jti: string
  readonly sub: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: Named
    readonly pod?: Named
    readonly secret?: Named
  }
}
