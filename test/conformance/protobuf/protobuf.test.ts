import { expect, test } from 'vitest'
import { decodeProtobuf, ProtobufError } from '#emulator/protobuf/decode.ts'
import recorded from './recorded.json' with { type: 'json' }

/** JSON has null where protobuf has nothing. */
const withoutNull = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, inner: unknown) => (inner === null ? undefined : inner)) as unknown

test.each(recorded.map(({ json, protobuf }) => [json.kind, json, protobuf] as const))(
  'a %s in protobuf says what the same object says in JSON, as kube-apiserver 1.36.3 writes both',
  (_, json, protobuf) => {
    expect(decodeProtobuf(Buffer.from(protobuf, 'base64')).object).toEqual(withoutNull(json))
  },
)

test('a kind that the table has not is named, and not guessed', () => {
  const text = (number: number, value: string) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), Buffer.from(value)])
  const typeMeta = Buffer.concat([text(1, 'x/v1'), text(2, 'Foo')])
  const body = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([10, typeMeta.length]), typeMeta])
  expect(decodeProtobuf(body)).toEqual({ apiVersion: 'x/v1', kind: 'Foo' })
})

test.each([
  ['no magic number', Buffer.from('{}')],
  ['a message that ends too early', Buffer.concat([Buffer.from('k8s\0'), Buffer.from([10, 200])])],
])('%s is an error', (_, body) => {
  expect(() => decodeProtobuf(body)).toThrow(ProtobufError)
})
