import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubernetesObject } from '#sdk/index.ts'
import { answering, type Delivery, HOST, PORT, type Stage } from '../conformance/platform/stage.ts'
import { unstartableLike } from '../conformance/platform/unstartable.ts'
import { OUTLIVES_GO_CLIENTS } from '../keep-alive.ts'
import { sessionFor } from '../scenarios/world.ts'
import { breakFunction } from './broken-function.ts'
import type { Platform } from './platform.ts'
import { removeTriggers } from './remove-triggers.ts'
import { makeNamespaces, worldIn } from './world.ts'

const HOME = 'dormouse'

/** The platform with all that we install; this process listens on the node's address and is the subscribers. */
export const recordingStage = async (
  platform: Platform,
  namespace: string,
): Promise<Stage & { readonly close: () => Promise<void> }> => {
  const { api, kubectl } = platform
  const deliveries: Delivery[] = []
  let answerOf = answering({})
  let made: readonly string[] = []

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = performance.now()
    const to = (request.url ?? '/').slice(1)
    const body = await text(request)
    deliveries.push({ to, headers: request.headers as Delivery['headers'], body, at })
    const { status, body: answer, slowMs = 0 } = answerOf(to)
    if (slowMs > 0) await sleep(slowMs)
    response.writeHead(status).end(answer)
  }
  const server = createServer(OUTLIVES_GO_CLIENTS, (request, response) => void onRequest(request, response))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(PORT, HOST, resolve))
  await makeNamespaces(platform, [namespace])

  const apply = (items: readonly object[]) =>
    kubectl('apply', '-f', '-', { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  const nameOf = ({ metadata }: KubernetesObject): string => metadata.name ?? ''
  let unstartable: string | undefined

  const sessions = `/apis/vteam.ambient-code/v1alpha1/namespaces/${namespace}/agenticsessions`

  return {
    world: {
      ...worldIn(platform, namespace),
      // Exactly as it is asked for, and not as slow as scenarios need it.
      create: async (name, session = {}) => {
        await api.post(sessions, sessionFor(name, session))
      },
    },
    addUnstartable: async (name, timeoutSeconds) => {
      unstartable = name
      const model = await api.get(`/apis/serving.knative.dev/v1/namespaces/${HOME}/services/on-session-event`)
      await apply(unstartableLike(model as never, name, timeoutSeconds))
      await kubectl(
        'wait',
        '-n',
        HOME,
        '--for=condition=Ready',
        `services.serving.knative.dev/${name}`,
        '--timeout=120s',
      )
      await breakFunction(platform, name)
    },
    listen: async (triggers, answers) => {
      answerOf = answering(answers)
      await apply(triggers)
      made = triggers.map(nameOf)
      const all = made.map((name) => `trigger/${name}`)
      await kubectl('wait', '-n', HOME, '--for=condition=Ready', ...all, '--timeout=60s')
    },
    deliveries: () => deliveries,
    close: async () => {
      await removeTriggers(platform, made)
      if (unstartable) await kubectl('delete', '-n', HOME, `services.serving.knative.dev/${unstartable}`)
      await kubectl('delete', 'namespace', namespace)
      server.close()
      server.closeAllConnections()
    },
  }
}
