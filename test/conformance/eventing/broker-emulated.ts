import { anEventing } from '#emulator/eventing/fixtures.ts'
import type { BrokerStage, HostAnswer, HostRequest } from './broker-stage.ts'

const INGRESS = 'http://broker-ingress.knative-eventing.svc.cluster.local'
const apiVersion = 'eventing.knative.dev/v1'

/** Our broker. */
export function emulatedBroker(): BrokerStage {
  const { world, network, apply } = anEventing()
  const requests: HostRequest[] = []
  let answers: Record<string, HostAnswer[]> = {}
  const serve = (name: string) =>
    network.serve(`${name}.test`, async ({ headers, body }) => {
      requests.push({ host: name, headers, body, at: world.now() })
      const answer = answers[name]?.shift() ?? { status: 204 }
      if (answer === 'reset') throw new Error('EOF')
      const { status, headers: own = {}, body: text = '', slowMs = 0 } = answer
      if (slowMs > 0) await new Promise<void>((resolve) => void world.after(slowMs, resolve))
      return { status, headers: own, body: text }
    })
  return {
    install: async (broker, { brokerDelivery, isAsync, triggers }) => {
      const annotations = isAsync ? { 'messaging.knative.dev/async-handler': 'true' } : {}
      const metadata = { name: broker, namespace: 'default', annotations }
      apply({ apiVersion, kind: 'Broker', metadata, spec: { delivery: brokerDelivery ?? { retry: 0 } } })
      serve('letters')
      for (const [name, spec] of Object.entries(triggers)) {
        serve(name)
        const subscriber = { uri: `http://${name}.test/` }
        const named = { name: `${broker}-${name}`, namespace: 'default' }
        apply({ apiVersion, kind: 'Trigger', metadata: named, spec: { broker, subscriber, ...spec } })
      }
      await world.advance(100)
    },
    post: async (path, headers, body) => {
      const response = await network.send(`${INGRESS}${path}`, { method: 'POST', headers, body })
      return response.status
    },
    answer: (given) => {
      answers = Object.fromEntries(Object.entries(given).map(([name, list]) => [name, [...list]]))
    },
    requests: () => requests,
    pass: world.advance,
  }
}
