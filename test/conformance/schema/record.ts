import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { parse } from 'yaml'
import type { Schema } from '#emulator/schema/structural.ts'
import type { ControlPlane } from '../../cluster/control-plane.ts'
import { type Answer, causeText, kindOf } from './answer.ts'
import type { SchemaCase } from './cases.ts'

type Reply = { readonly code: number; readonly body: Status; readonly warnings: readonly string[] }
type Status = Readonly<Record<string, unknown>> & {
  readonly message?: string
  readonly reason?: string
  readonly metadata?: { readonly resourceVersion?: string }
  readonly details?: { readonly causes?: readonly { reason?: string; message?: string; field?: string }[] }
}

const pluralOf = (group: string): string => `k${group}s`.toLowerCase()
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** A CustomResourceDefinition of a group of cases. */
export const crdOf = (group: string, schema: Schema) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${pluralOf(group)}.schema.test` },
  spec: {
    group: 'schema.test',
    scope: 'Namespaced',
    names: {
      plural: pluralOf(group),
      singular: pluralOf(group).slice(0, -1),
      kind: kindOf(group),
      listKind: `${kindOf(group)}List`,
    },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  },
})

/** What the real API server says to each case. Its schemas let all pass until the objects to be updated are there. */
export async function realAnswers(
  controlPlane: ControlPlane,
  groups: Readonly<Record<string, { readonly schema: Schema }>>,
  cases: readonly SchemaCase[],
): Promise<Readonly<Record<string, Answer>>> {
  const call = caller(controlPlane)
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const path = (group: string): string => `/apis/schema.test/v1/namespaces/default/${pluralOf(group)}`
  const whole = ({ group, name }: SchemaCase, body: object, more: object = {}) => ({
    ...body,
    apiVersion: 'schema.test/v1',
    kind: kindOf(group),
    metadata: { name, ...more },
  })
  for (const group of Object.keys(groups)) await expectOk(call('POST', crds, crdOf(group, open)), `create CRD ${group}`)
  await sleep(3000)
  for (const each of cases) {
    if (each.old) await expectOk(call('POST', path(each.group), whole(each, each.old)), `create ${each.name}`)
  }
  const refused: string[] = []
  for (const [group, { schema }] of Object.entries(groups)) {
    const crd = crdOf(group, schema)
    const live = await call('GET', `${crds}/${crd.metadata.name}`)
    const changed = { ...live.body, spec: crd.spec }
    const { code, body } = await call('PUT', `${crds}/${crd.metadata.name}`, changed)
    if (code >= 400) refused.push(`change CRD ${group}: ${code} ${body.message}`)
  }
  if (refused.length > 0) throw new Error(refused.join('\n'))
  await sleep(4000)
  const answers: Record<string, Answer> = {}
  for (const each of cases) {
    const at = path(each.group)
    const live = each.old && (await call('GET', `${at}/${each.name}`))
    const body = whole(each, each.object, live ? { resourceVersion: live.body.metadata?.resourceVersion } : {})
    const reply = await call(live ? 'PUT' : 'POST', `${live ? `${at}/${each.name}` : at}?fieldValidation=Warn`, body)
    answers[each.name] = answerOf(reply)
  }
  return answers
}

function answerOf({ code, body, warnings }: Reply): Answer {
  if (code === 422) return { code, causes: [...new Set((body.details?.causes ?? []).map(causeText))].sort() }
  if (code >= 400) return { code, message: body.message ?? '' }
  const { metadata: _, ...stored } = body
  const unknown = warnings.flatMap((warning) => /unknown field "([^"]+)"/.exec(warning)?.[1] ?? [])
  return { code: 200, stored, unknown: unknown.sort() }
}

async function expectOk(reply: Promise<Reply>, what: string): Promise<void> {
  const { code, body } = await reply
  if (code >= 400) throw new Error(`${what}: ${code} ${body.message}`)
}

/** Plain requests as admin, with their warnings. */
export function caller({ server, caFile, adminKubeconfig }: ControlPlane) {
  const { users } = parse(readFileSync(adminKubeconfig, 'utf8')) as { users: [{ user: { token: string } }] }
  const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile) })
  return (method: string, path: string, body?: unknown): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' }
      const outgoing = request(new URL(path, server), { agent, method, headers }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () => {
          const lines = incoming.rawHeaders.flatMap((each, index, list) =>
            index % 2 === 0 && each.toLowerCase() === 'warning' ? [list[index + 1] ?? ''] : [],
          )
          const warnings = lines.map((line) => line.replaceAll('\\"', '"'))
          resolve({ code: incoming.statusCode ?? 0, body: JSON.parse(text) as Status, warnings })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

/** What the real API server says of schemas and of metadata: no cause is found where all is well. */
export async function realCauses(
  controlPlane: ControlPlane,
  schemas: Readonly<Record<string, Schema>>,
  metas: Readonly<Record<string, object>>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const call = caller(controlPlane)
  const found: Record<string, readonly string[]> = {}
  const causesOf = ({ code, body }: Reply): readonly string[] => {
    if (code !== 422 && code >= 400) return [`${code} ${body.message}`]
    return code === 422 ? [...new Set((body.details?.causes ?? []).map(causeText))].sort() : []
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All'
    found[`crd ${name}`] = causesOf(await call('POST', path, crdOf(`crd${name.replaceAll('-', '')}`, schema)))
  }
  for (const [name, metadata] of Object.entries(metas)) {
    const object = { apiVersion: 'schema.test/v1', kind: kindOf('types'), metadata }
    const path = `/apis/schema.test/v1/namespaces/default/${pluralOf('types')}?dryRun=All`
    found[`meta ${name}`] = causesOf(await call('POST', path, object))
  }
  return found
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
