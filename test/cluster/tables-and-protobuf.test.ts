import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtInColumns } from '#emulator/api-server/built-in-columns.ts'
import { builtIns } from '#emulator/api-server/built-ins.ts'
import type { Json, KubeObject } from '#emulator/api-server/types.ts'
import { decodeProtobuf } from '#emulator/protobuf/decode.ts'
import recordedProtobuf from '#test/conformance/protobuf/recorded.json' with { type: 'json' }
import recordedTables from '#test/conformance/tables/recorded.json' with { type: 'json' }
import { ApiError } from './api-client.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

// The objects of the records are made anew; RECORD=1 writes what the server then says of them.
const { RECORD } = process.env
const namespace = 'default'
const kept = { tables: [] as unknown[], protobuf: [] as unknown[] }
let plane: ControlPlane

const pathOf = (apiVersion: string, plural: string, isNamespaced: boolean): string => {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${root}/${isNamespaced ? `namespaces/${namespace}/` : ''}${plural}`
}
const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? version : `${group}/${version}`
const typeOf = (kind: string, apiVersion?: string) =>
  builtIns.find((type) => type.kind === kind && (apiVersion === undefined || apiVersionOf(type) === apiVersion))
const collectionOf = (kind: string, apiVersion?: string): string | undefined => {
  const type = typeOf(kind, apiVersion)
  return type && pathOf(apiVersionOf(type), type.plural, type.namespaced)
}

async function ask(path: string, accept: string): Promise<{ date: number; bytes: Buffer }> {
  const { users } = JSON.parse(readFileSync(plane.adminKubeconfig, 'utf8')) as { users: [{ user: { token: string } }] }
  const headers = { accept, authorization: `Bearer ${users[0].user.token}` }
  const asked = request(plane.server + path, { ca: readFileSync(plane.caFile), headers })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { date: Date.parse(response.headers.date ?? ''), bytes: await buffer(response) }
}

/** The same version of an object in both forms: a controller may write between two reads. */
async function unchanged(path: string): Promise<{ protobuf: Buffer; json: KubeObject }> {
  const asJson = async () => JSON.parse((await ask(path, 'application/json')).bytes.toString()) as KubeObject
  for (let json = await asJson(); ; ) {
    const { bytes: protobuf } = await ask(path, 'application/vnd.kubernetes.protobuf')
    const later = await asJson()
    if (later.metadata.resourceVersion === json.metadata.resourceVersion) return { protobuf, json }
    json = later
  }
}

/** As a user would send it. */
function bare(object: Json): Json {
  const { metadata, status: _, ...rest } = object
  const { name, labels, annotations } = metadata as Json
  return {
    ...rest,
    metadata: { name, ...(labels !== undefined && { labels }), ...(annotations !== undefined && { annotations }) },
  }
}

const expected = (error: unknown): void => {
  if (!(error instanceof ApiError)) throw error
  if (![404, 409, 422].includes(error.code)) throw error // it is there, has no status, or takes a part of it no more
}

/** What the server has filled in and takes from nobody, and a quota that the Pods fit in. */
const asAUser: Readonly<Record<string, (object: Json) => Json>> = {
  Event: ({ involvedObject }) => ({ involvedObject: { ...(involvedObject as Json), namespace } }),
  ResourceQuota: () => ({ spec: { hard: { pods: '1000', services: '50' } } }),
  Job: ({ spec }) => {
    const { selector: _, template, ...rest } = spec as { selector: Json; template: { spec: Json } }
    return { spec: { ...rest, template: { spec: template.spec } } }
  },
}

async function make(kind: string, object: Json): Promise<void> {
  const collection = collectionOf(kind)
  if (collection === undefined || kind === 'Namespace') return
  const whole = { ...bare(object), ...asAUser[kind]?.(object) }
  await plane.api.post(collection, whole).catch(expected)
  const { name } = object['metadata'] as { name: string }
  if (object['status'] !== undefined && kind === 'Pod')
    await plane.api.patch(`${collection}/${name}/status`, 'merge', { status: object['status'] }).catch(expected)
}

beforeAll(async () => {
  plane = await startControlPlane()
  for (const { kind, rows } of recordedTables) for (const { object } of rows) await make(kind, object)
})

afterAll(async () => {
  await plane?.stop()
  if (RECORD !== '1') return
  for (const [name, records] of Object.entries(kept))
    writeFileSync(
      join(import.meta.dirname, `../conformance/${name}/recorded.json`),
      `${JSON.stringify(records, undefined, 2)}\n`,
    )
})

const kinds = [...new Set(recordedTables.map(({ kind }) => kind))].filter((kind) => typeOf(kind) !== undefined)

test.each(kinds)('the rows of %s are as the server shows them', async (kind) => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const { date, bytes } = await ask(`${collectionOf(kind)}?includeObject=Object`, accept)
  const table = JSON.parse(bytes.toString()) as {
    rows: { cells: unknown[]; conditions?: unknown[]; object: KubeObject }[]
    columnDefinitions: Json[]
  }
  const ours = (now: number) =>
    table.rows.map(({ object }) => builtInColumns(kind).map(({ cell }) => cell(object, now)))
  const theirs = table.rows.map(({ cells }) => cells)
  expect(theirs.length).toBeGreaterThan(0)
  // The server's clock when it made them: its Date has no milliseconds.
  const moments = Array.from({ length: 14 }, (_, index) => date - 200 + index * 100)
  const now = moments.find((moment) => isDeepStrictEqual(ours(moment), theirs)) ?? date
  expect(ours(now)).toEqual(theirs)
  const columns = table.columnDefinitions.map(({ name, type, format, priority }) => ({ name, type, format, priority }))
  expect(
    builtInColumns(kind).map(({ name, type, format = '', priority = 0 }) => ({ name, type, format, priority })),
  ).toEqual(columns)
  kept.tables.push({ kind, now, columns, rows: table.rows })
})

const withoutNull = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, inner: unknown) => (inner === null ? undefined : inner)) as unknown

test.each(
  recordedProtobuf
    .map(({ json }) => [json.kind, json.apiVersion, json.metadata.name] as const)
    .filter(([kind, apiVersion]) => typeOf(kind, apiVersion)),
)('a %s of %s, %s, reads alike in protobuf and in JSON', async (kind, apiVersion, name) => {
  const found = recordedProtobuf.find(({ json }) => json.kind === kind)
  await make(kind, found?.json as Json)
  const { protobuf, json } = await unchanged(`${collectionOf(kind, apiVersion)}/${name}`)
  expect(decodeProtobuf(protobuf).object).toEqual(withoutNull(json))
  kept.protobuf.push({ json, protobuf: protobuf.toString('base64') })
})
