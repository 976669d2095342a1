import { createApiServer } from '#emulator/api-server/server.ts'
import { parsedBody } from '#emulator/host/request-body.ts'
import { createVirtualWorld } from '#emulator/host/virtual-world.ts'
import { type Answer, type Group, keyed, type Step } from './case.ts'
import { masked } from './mask.ts'

/** What the embedded server says to each step of a group, masked as the records are. */
export async function ourAnswers(group: Group): Promise<Record<string, Answer>> {
  const world = createVirtualWorld(1, Date.UTC(2027, 4, 5))
  const api = createApiServer({ world, signToken: () => 'token' })
  const namespace = `builtins-${group.name}-emulated`
  const send = async (step: Step): Promise<Answer> => {
    await world.advance(1000)
    const inside = (text: string): string => text.replaceAll('{ns}', namespace)
    const text = inside(step.text ?? (step.body === undefined ? '' : JSON.stringify(step.body)))
    const type = step.type ?? 'application/json'
    const response = api.handle({
      method: step.method,
      path: `/${inside(step.path)}`,
      headers: {
        'content-type': type,
        accept: 'application/json',
        'user-agent': 'conformance',
      },
      user: step.as
        ? { name: step.as, groups: ['system:authenticated'] }
        : { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
      ...parsedBody(Buffer.from(text), type),
    })
    if ('watch' in response) throw new Error(`${step.name} is a watch`)
    const { warning } = response.headers
    // Over the wire: no undefined fields.
    const body = JSON.parse(JSON.stringify(response.body)) as unknown
    return { status: response.status, ...(warning && { warning }), body }
  }
  const metadata = { name: namespace, ...(group.labels && { labels: group.labels }) }
  const prepared: readonly Step[] = [
    { name: '', method: 'POST', path: 'api/v1/namespaces', body: { metadata } },
    {
      name: '',
      method: 'POST',
      path: 'api/v1/namespaces/{ns}/serviceaccounts',
      body: { metadata: { name: 'default' } },
    },
    {
      name: '',
      method: 'POST',
      path: 'api/v1/namespaces/{ns}/configmaps',
      body: { metadata: { name: 'kube-root-ca.crt' } },
    },
  ]
  for (const step of [...prepared, ...(group.setup ?? [])]) {
    const { status, body } = await send(step)
    if (status >= 300) throw new Error(`${group.name}: ${step.name}: ${JSON.stringify(body)}`)
  }
  const answers: Record<string, Answer> = {}
  for (const [key, step] of keyed(group.steps)) answers[key] = masked(await send(step), namespace)
  return answers
}
