import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from '#test/cluster/control-plane.ts'
import { type Answer, type Group, keyed, type Step } from './case.ts'
import { masked } from './mask.ts'

type Server = { readonly server: string; readonly caFile: string; readonly token: string }

/** What a real API server says to each step, by group and step. Leaves namespaces `builtins-<group>-real`. */
export async function realAnswers(
  { server, caFile, adminKubeconfig }: Pick<ControlPlane, 'server' | 'caFile' | 'adminKubeconfig'>,
  groups: readonly Group[],
): Promise<Record<string, Record<string, Answer>>> {
  // As test/cluster/layout.ts writes it.
  const { users } = JSON.parse(readFileSync(adminKubeconfig, 'utf8')) as { users: [{ user: { token: string } }] }
  const to: Server = { server, caFile, token: users[0].user.token }
  const agent = new Agent({ keepAlive: true, ca: readFileSync(to.caFile, 'utf8') })
  const answers: Record<string, Record<string, Answer>> = {}
  for (const group of groups) {
    const namespace = `builtins-${group.name}-real`
    const send = (step: Step): Promise<Answer> => ask(to, agent, step, namespace)
    const metadata = { name: namespace, ...(group.labels && { labels: group.labels }) }
    await send({
      name: '',
      method: 'POST',
      path: 'api/v1/namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata },
    })
    const account: Step = { name: '', method: 'GET', path: 'api/v1/namespaces/{ns}/serviceaccounts/default' }
    while ((await send(account)).status !== 200) await sleep(50)
    for (const step of group.setup ?? []) {
      const { status, body } = await send(step)
      if (status >= 300) throw new Error(`${group.name}: ${step.name}: ${JSON.stringify(body)}`)
    }
    const found: Record<string, Answer> = {}
    for (const [key, step] of keyed(group.steps)) found[key] = masked(await send(step), namespace)
    answers[group.name] = found
  }
  agent.destroy()
  return answers
}

async function ask({ server, token }: Server, agent: Agent, step: Step, namespace: string): Promise<Answer> {
  if (step.settleMs) await sleep(step.settleMs)
  const inside = (text: string): string => text.replaceAll('{ns}', namespace)
  const text = step.text ?? (step.body === undefined ? undefined : JSON.stringify(step.body))
  const payload = text === undefined ? undefined : inside(text)
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': step.type ?? 'application/json',
    'user-agent': 'conformance',
    ...(payload !== undefined && { 'content-length': Buffer.byteLength(payload) }),
    ...(step.as && { 'impersonate-user': step.as, 'impersonate-group': 'system:authenticated' }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(inside(step.path), server), { agent, method: step.method, headers })
    outgoing.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        const warning = response.headersDistinct['warning']?.join(', ')
        const body = text.startsWith('{') ? (JSON.parse(text) as unknown) : text
        resolve({ status: response.statusCode ?? 0, ...(warning && { warning }), body })
      })
    })
    outgoing.end(payload)
  })
}
