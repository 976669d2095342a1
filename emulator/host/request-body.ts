import { parseDocument, type Tags } from 'yaml'
import { badRequest, notImplemented, StatusError } from '../api-server/status.ts'
import { decodeProtobuf, ProtobufError } from '../protobuf/decode.ts'

/**
 * What a body says, by its media type: JSON, YAML or Kubernetes' protobuf; the text itself of a type that no resource takes. `undefined`
 * for an empty one. Throws the StatusError to answer.
 */
export function parsedBody(bytes: Buffer, contentType: string, method: string): unknown {
  if (bytes.length === 0) return undefined
  const media = contentType.split(';')[0]?.trim() ?? ''
  if (media === 'application/vnd.kubernetes.protobuf') return protobuf(bytes)
  const text = bytes.toString('utf8')
  if (/[/+]yaml$/.test(media) && !text.trimStart().startsWith('{')) return yaml(text)
  if (media !== '' && !/[/+](json|yaml)$/.test(media)) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw badRequest(
      method === 'PATCH'
        ? 'error decoding patch: the body is no JSON'
        : "couldn't get version/kind; json parse error: the body is no JSON",
    )
  }
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
