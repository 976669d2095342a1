import { parseDocument, type Tags } from 'yaml'
import { parseJson } from '../api-server/parse-json.ts'
import { badRequest, notImplemented, StatusError } from '../api-server/status.ts'
import type { Request } from '../api-server/types.ts'
import { decodeProtobuf, ProtobufError } from '../protobuf/decode.ts'

/**
 * What a body says, by its media type: JSON, YAML or Kubernetes' protobuf; the text itself of a type that no resource takes. Nothing of an
 * empty one. JSON that is none is handed on, since the answer depends on the request. Throws the StatusError to answer.
 */
export function parsedBody(
  bytes: Buffer,
  contentType: string,
): Pick<Request, 'body' | 'duplicates' | 'literals' | 'malformed'> {
  if (bytes.length === 0) return {}
  const media = contentType.split(';')[0]?.trim() ?? ''
  if (media === 'application/vnd.kubernetes.protobuf') return { body: protobuf(bytes) }
  const text = bytes.toString('utf8')
  if (/[/+]yaml$/.test(media) && !text.trimStart().startsWith('{')) return { body: yaml(text) }
  if (media !== '' && !/[/+](json|yaml)$/.test(media)) return { body: text }
  const parsed = parseJson(text)
  if ('fault' in parsed) return { malformed: { text, fault: parsed.fault } }
  const { value: body, duplicates, literals } = parsed
  return { body, ...(duplicates.length > 0 && { duplicates }), ...(literals.size > 0 && { literals }) }
}

function protobuf(bytes: Buffer): unknown {
  try {
    const { object, apiVersion, kind } = decodeProtobuf(bytes)
    if (!object) throw notImplemented(`protobuf bodies of ${apiVersion} ${kind}`)
    return object
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message)
    throw error
  }
}

/** What Go's YAML makes of the other types of YAML 1.1 is strings and numbers. */
const otherTags = ['timestamp', 'binary', 'omap', 'pairs', 'set', 'TIME']

/** YAML 1.1 (`yes` is true, `0777` is octal), one document, as JSON. */
function yaml(text: string): unknown {
  const customTags = (tags: Tags): Tags =>
    tags.filter(
      (tag) =>
        typeof tag !== 'object' ||
        !otherTags.some((name) => tag.tag.endsWith(`:${name}`) || ('format' in tag && tag.format === name)),
    )
  const document = parseDocument(text, { version: '1.1', customTags, logLevel: 'error' })
  const [error] = document.errors
  if (error) throw new StatusError(400, 'BadRequest', `error decoding YAML: ${error.message}`)
  return document.toJS() as unknown
}
