import protobuf from 'protobufjs/minimal.js'
import type { Request } from './types.ts'

const media = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/**
 * kubectl asks the second version of OpenAPI, in protobuf only, about kinds that the third has not. It gets a document without any:
 * what `/openapi/v3` has not is not there. `undefined` for who wants another form.
 */
export function openApiV2({ headers }: Pick<Request, 'headers'>): { body: Uint8Array; type: string } | undefined {
  if (!/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/.test(headers['accept'] ?? '')) return undefined
  // Numbers of gnostic's openapiv2.Document: 1 swagger, 2 info (1 title, 2 version), 8 paths
  const info = protobuf.Writer.create().uint32(10).string('Kubernetes').uint32(18).string('v1.36.3').finish()
  const body = protobuf.Writer.create()
    .uint32(10)
    .string('2.0')
    .uint32(18)
    .bytes(info)
    .uint32(66)
    .bytes(new Uint8Array())
    .finish()
  return { body, type: media }
}
