import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Happening } from '#emulator/journal.ts'
import { sessionFor } from '../scenarios/world.ts'
import { createTestPlatform } from './platform.ts'

const sessions = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const namespaces = { apiVersion: 'v1', plural: 'namespaces' }

/** Also what functions announce is delivered, so that it is told. */
const announcements = {
  apiVersion: 'eventing.knative.dev/v1',
  kind: 'Trigger',
  metadata: { name: 'announcements', namespace: 'dormouse' },
  spec: {
    broker: 'dormouse',
    filters: [{ prefix: { type: 'dev.dormouse.' } }],
    subscriber: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'on-dead-letter' } },
  },
}
const ingress = 'http://broker-ingress.knative-eventing.svc.cluster.local/dormouse/dormouse'
const malformed = readFileSync(join(import.meta.dirname, '../../samples/events/malformed.json'), 'utf8')

/** Everything that happens in ten minutes to some sessions that end in all ways, cron and chaos included, as text. */
const transcriptOf = async (seed: number): Promise<string> => {
  const lines: string[] = []
  let now = (): number => 0
  const journal = (happening: Happening): void => void lines.push(`${now()} ${JSON.stringify(happening)}`)
  const { admin, clock, eventing, network, ...platform } = await createTestPlatform({
    seed,
    journal,
    wanted: () => true,
  })
  now = clock.now
  const metadata = { name: 'play', labels: { 'ambient-code.io/managed': 'true' } }
  admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata })
  platform.apply([announcements])
  const headers = { 'content-type': 'application/cloudevents+json' }
  void network.send(ingress, { method: 'POST', headers, body: malformed })
  eventing.faults.set({ lose: 0.2, reorder: 0.3, loseDeliveries: 0.1 })
  for (let count = 0; count < 20; count++) {
    const runner = { seconds: 1 + clock.random() * 20, exitCode: count % 4 === 3 ? 1 : 0 }
    admin.create(sessions, sessionFor(`session-${count}`, { runner }), { namespace: 'play' })
    await clock.advance(clock.random() * 5000)
  }
  admin.delete(sessions, { namespace: 'play', name: 'session-0' })
  await clock.advance(600_000)
  platform.stop()
  return lines.join('\n')
}

test('the same seed gives the same history byte for byte, another seed another one', async () => {
  const [first, again, other] = [await transcriptOf(7), await transcriptOf(7), await transcriptOf(8)]
  expect(first.length).toBeGreaterThan(100_000)
  for (const told of [
    '"dead letter"',
    '"lost event"',
    '"instance"',
    '"scale"',
    'dev.dormouse.agenticsession.completed',
  ])
    expect(first).toContain(told)
  expect(again === first).toBe(true)
  expect(other === first).toBe(false)
})
