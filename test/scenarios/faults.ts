import { expect } from 'vitest'
import { phaseIs, type Scenario, type World } from './world.ts'

const SESSIONS = 100

const isEnded = (phase: string | undefined) => phase === 'Completed' || phase === 'Failed' || phase === 'Stopped'

const allEnded = (world: World, count: number, seconds: number) =>
  world.eventually(
    `${count} sessions have ended`,
    async () => {
      const sessions = await world.sessions()
      return sessions.length === count && sessions.every(({ status }) => isEnded(status?.phase)) ? sessions : undefined
    },
    seconds,
  )

const createMany = async (world: World, count: number, seconds: number) => {
  const names = Array.from({ length: count }, (_, i) => `burst-${i}`)
  await Promise.all(names.map((name, i) => world.create(name, { runner: { seconds, exitCode: i % 10 === 9 ? 1 : 0 } })))
}

/** What goes wrong around a session. */
export const faults: readonly Scenario[] = [
  {
    name: 'ends while all events are lost is brought to its end by the sweeper alone, within a period',
    needs: ['events lost', 'sweeper left alone'],
    run: async (world) => {
      const period = 3 * world.patience
      await world.create('unheard', { runner: { seconds: 8 } })
      await phaseIs(world, 'unheard', 'Running')
      await world.loseEvents()
      await world.startSweeper(period)
      const endedAt = await world.eventually('the Job has ended', async () => {
        const [job] = await world.jobs()
        return job?.status?.conditions?.some(({ type }) => type === 'Complete') ? world.now() : undefined
      })
      await phaseIs(world, 'unheard', 'Completed')
      expect(world.now() - endedAt).toBeLessThan(period * 1000 * 1.5)
    },
  },
  {
    name: 'is never heard of lives its whole life by sweeps: start, failure, restart, stop',
    needs: ['events lost'],
    run: async (world) => {
      await world.loseEvents()
      await world.create('deaf', { runner: { seconds: 1, exitCode: 4 } })
      await world.sweep()
      await phaseIs(world, 'deaf', 'Creating', 5)
      await world.eventually('the Job has failed', async () => {
        const [job] = await world.jobs()
        return job?.status?.conditions?.some(({ type }) => type === 'Failed') ? true : undefined
      })
      await world.sweep()
      await phaseIs(world, 'deaf', 'Failed', 5)
      await world.annotate('deaf', { 'ambient-code.io/desired-phase': 'Running' })
      await world.sweep()
      expect((await phaseIs(world, 'deaf', 'Creating', 5)).status?.attempt).toBe(2)
      await world.annotate('deaf', { 'ambient-code.io/desired-phase': 'Stopped' })
      await world.eventually('it has ended', async () => {
        await world.sweep()
        return isEnded((await world.session('deaf'))?.status?.phase) || undefined
      })
    },
  },
  {
    name: 'lives through a restart of the API server converges, and nothing of ours is restarted',
    needs: ['API server restarted', 'sweeper left alone'],
    run: async (world) => {
      await world.startSweeper(3)
      await createMany(world, 10, 2)
      await world.restartApiServer()
      await world.create('afterwards')
      await allEnded(world, 11, 60)
      expect(await world.jobs()).toHaveLength(11)
    },
  },
  {
    name: 'comes with 99 others, every event twice, gets exactly one Job; a further sweep writes nothing',
    needs: ['events twice'],
    run: async (world) => {
      await world.deliverEvents({ twice: true })
      await createMany(world, SESSIONS, 0.5)
      const sessions = await allEnded(world, SESSIONS, 100)
      expect(sessions.filter(({ status }) => status?.phase === 'Failed')).toHaveLength(SESSIONS / 10)
      const jobs = await world.jobs()
      expect(jobs).toHaveLength(SESSIONS)
      expect(new Set(jobs.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).size).toBe(SESSIONS)
      await world.eventually('no Job changes any more', async () => {
        const before = await world.versions()
        await world.wait(3)
        return (await world.versions()).join() === before.join() ? true : undefined
      })
      const before = await world.versions()
      await world.sweep()
      expect(await world.versions()).toEqual(before)
    },
  },
  {
    name: 'two instances of each function work on at once ends as with one',
    needs: ['two instances'],
    run: async (world) => {
      await world.addInstances()
      await createMany(world, 20, 0.5)
      await world.create('stopped', { runner: { seconds: 600 } })
      await phaseIs(world, 'stopped', 'Running')
      await world.annotate('stopped', { 'ambient-code.io/desired-phase': 'Stopped' })
      const sessions = await allEnded(world, 21, 60)
      expect(sessions.filter(({ status }) => status?.phase === 'Failed')).toHaveLength(2)
      expect(sessions.every(({ status }) => status?.attempt === 1)).toBe(true)
      const jobs = await world.jobs()
      expect(new Set(jobs.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).size).toBe(20)
      expect(jobs).toHaveLength(20)
    },
  },
]
