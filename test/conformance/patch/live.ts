import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { parse } from 'yaml'
import { mergePatch } from '#emulator/patch/merge-patch.ts'
import type { JsonObject } from '#emulator/patch/types.ts'
import { type Answer, type Case, nameOf, type Recorded, type Step } from './case.ts'
import { crds, served } from './kinds.ts'

type Reply = { readonly code: number; readonly date: number; readonly body: JsonObject }
export type Live = (method: string, path: string, body?: unknown, contentType?: string) => Promise<Reply>

/** As the user of a kubeconfig with a token. */
export function connect(kubeconfig: string): Live {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority'?: string; 'certificate-authority-data'?: string } }]
    users: [{ user: { token: string } }]
  }
  const [{ cluster }] = config.clusters
  const [{ user }] = config.users
  const authority = cluster['certificate-authority']
  const ca = authority ? readFileSync(authority) : Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64')
  const agent = new Agent({ keepAlive: true, ca })
  return (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${user.token}`,
        'content-type': contentType,
        ...(text !== undefined && { 'content-length': Buffer.byteLength(text) }),
      }
      const outgoing = request(new URL(path, cluster.server), { agent, method, headers })
      outgoing.on('error', reject).on('response', (response) => {
        const chunks: Buffer[] = []
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => {
            const answer = Buffer.concat(chunks).toString()
            resolve({
              code: response.statusCode ?? 0,
              date: Date.parse(response.headers.date ?? ''),
              body: answer.startsWith('{') ? (JSON.parse(answer) as JsonObject) : { message: answer },
            })
          })
      })
      outgoing.end(text)
    })
}

/** What the cases need of a server without controllers, which would write between a step's read and its write. */
export async function install(live: Live): Promise<void> {
  for (const crd of crds) await live('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
  await live('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  for (let tries = 0; tries < 100; tries++) {
    const found = await Promise.all([served.Widget.path, served.Thing.path].map((path) => live('GET', path)))
    if (found.every(({ code }) => code === 200)) return
    await setTimeout(100)
  }
}

const contentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export async function record(live: Live, each: Case): Promise<readonly Recorded[]> {
  const { path } = served[each.kind]
  const name = nameOf(each)
  await live('DELETE', `${path}/${name}`)
  const steps: Recorded[] = []
  for (const step of each.steps) {
    if (step.later) await setTimeout(1_100)
    const read = await live('GET', `${path}/${name}`)
    const before = read.code === 200 ? read.body : undefined
    const { code, date, body } = await send(live, { path, name, step, before })
    const answer: Answer =
      code < 300
        ? { code, object: body }
        : {
            code,
            message: String(body['message'] ?? ''),
            reason: String(body['reason'] ?? ''),
            causes: ((body['details'] as { causes?: JsonObject[] } | undefined)?.causes ?? []) as JsonObject[],
          }
    steps.push({ ...(before && { before }), now: nowOf(answer, before, date), answer })
  }
  await live('DELETE', `${path}/${name}?propagationPolicy=Background&gracePeriodSeconds=0`)
  return steps
}

type Sent = { path: string; name: string; step: Step; before: JsonObject | undefined }

function send(live: Live, { path, name, step, before }: Sent): Promise<Reply> {
  const { verb, manager = 'test', force, subresource, body } = step
  const query = new URLSearchParams({ ...(manager && { fieldManager: manager }), ...(force && { force: 'true' }) })
  const at = `${path}/${name}${subresource ? `/${subresource}` : ''}?${query}`
  if (verb === 'create') return live('POST', `${path}?${query}`, body)
  if (verb === 'update') return live('PUT', at, mergePatch(before ?? {}, body))
  return live('PATCH', at, body, contentTypes[verb])
}

/** The second in which the server wrote, as its entries tell; its clock may tick between writing and answering. */
function nowOf(answer: Answer, before: JsonObject | undefined, date: number): number {
  const { metadata } = ('object' in answer ? answer.object : before) ?? {}
  const { managedFields = [] } = (metadata ?? {}) as { managedFields?: readonly { time?: string }[] }
  const times = managedFields.flatMap(({ time }) => (time === undefined ? [] : [Date.parse(time)]))
  const last = Math.max(...times, 0)
  return Math.abs(date - last) <= 2_000 ? last : date
}
