import type { KubeObject } from '#emulator/api-server/types.ts'
import { createEmulatorWorld } from '../../emulator/world.ts'
import { answering, type Delivery, HOST, PORT, type Stage } from './stage.ts'
import { unstartableLike } from './unstartable.ts'

const services = { apiVersion: 'serving.knative.dev/v1', plural: 'services' }

/** The emulator with all that we install. */
export const emulatedStage = async (namespace: string): Promise<Stage> => {
  const world = await createEmulatorWorld(namespace)
  const { admin, apply, clock, network } = world.platform
  const deliveries: Delivery[] = []
  return {
    world,
    addUnstartable: async (name, timeoutSeconds) => {
      const model = admin.get(services, { namespace: 'dormouse', name: 'on-session-event' })
      apply(unstartableLike(model as never, name, timeoutSeconds) as readonly KubeObject[])
      await clock.advance(60_000)
      await world.breakFunction(name)
    },
    listen: async (triggers, answers) => {
      const answerOf = answering(answers)
      network.serve(HOST, async ({ path, headers, body }) => {
        const to = path.slice(1)
        if (to === 'nobody') throw new Error(`dial tcp ${HOST}:${PORT + 1}: connect: connection refused`)
        deliveries.push({ to, headers, body, at: clock.now() })
        const { status, body: text = '', slowMs = 0 } = answerOf(to)
        if (slowMs > 0) await new Promise<void>((resolve) => void clock.after(slowMs, resolve))
        return { status, headers: {}, body: text }
      })
      apply(triggers as unknown as readonly KubeObject[])
      await clock.advance(1000)
    },
    deliveries: () => deliveries,
  }
}
