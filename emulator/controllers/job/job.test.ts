import { expect, test } from 'vitest'
import type { Client } from '../../client.ts'
import { JOBS, PODS } from '../resources.ts'
import { aCluster, aJob } from '../test-cluster.ts'
import { asJob } from './job.ts'

const ref = (name: string) => ({ namespace: 'default', name })
const conditionsOf = (client: Client, name: string): readonly string[] => {
  const found = client.get(JOBS, ref(name))
  return (found ? asJob(found).status.conditions : undefined)?.map(({ type, reason }) => `${type} ${reason}`) ?? []
}

test('a Pod that ends within a second is never counted as active and ready', async () => {
  const { client, world, record } = aCluster()
  const states = record(JOBS)
  client.create(JOBS, aJob('quick', { seconds: '0.1' }))
  await world.advance(5000)
  expect(states.map((job) => asJob(job).status.ready)).toEqual([undefined, 0, 0, 0])
})

test('failures wait 10 s, 20 s, 40 s for the next try', async () => {
  const { client, world } = aCluster()
  const begin = world.now()
  client.create(JOBS, aJob('failing', { seconds: '0', 'exit-code': '1' }, { backoffLimit: 3 }))
  await world.advance(200_000)
  const made = client.list(PODS).map(({ metadata }) => (Date.parse(metadata.creationTimestamp ?? '') - begin) / 1000)
  expect(made.sort((a, b) => a - b)).toEqual([0, 10, 30, 70])
  expect(conditionsOf(client, 'failing')).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
})

test('with OnFailure it is the restarts of the containers that are limited', async () => {
  const { client, world } = aCluster()
  const job = aJob('restarting', { seconds: '1', 'exit-code': '1' }, { backoffLimit: 2 })
  const template = { ...job.spec.template, spec: { ...job.spec.template.spec, restartPolicy: 'OnFailure' } }
  client.create(JOBS, { ...job, spec: { ...job.spec, template } })
  await world.advance(120_000)
  expect(conditionsOf(client, 'restarting')).toContain('Failed BackoffLimitExceeded')
  expect(client.list(PODS)).toEqual([])
})

test('what is not implemented ends the Job and is named', async () => {
  const { client, world } = aCluster()
  client.create(JOBS, aJob('indexed', {}, { completionMode: 'Indexed', completions: 2 }))
  await world.advance(5000)
  const found = client.get(JOBS, ref('indexed'))
  expect(found && asJob(found).status.conditions?.at(-1)).toMatchObject({
    type: 'Failed',
    reason: 'NotImplemented',
    message: 'The emulator does not implement spec.completionMode Indexed',
  })
  expect(client.list(PODS)).toEqual([])
})

test('a Job costs its writes, and neither a list nor a read', async () => {
  const { client, world, requests } = aCluster()
  await world.advance(1000)
  const before = new Map(requests)
  for (let count = 0; count < 20; count += 1) client.create(JOBS, aJob(`j${count}`, { seconds: '3' }))
  await world.advance(20_000)
  const cost = Object.fromEntries(
    [...requests].map(([method, count]) => [method, (count - (before.get(method) ?? 0)) / 20]),
  )
  // Created: itself, its Pod, a binding, 6 Events. Updated: its status four times, its Pod's three times. Patched: the finalizer.
  expect(cost).toEqual({ GET: 0, POST: 9, PUT: 7, PATCH: 1 })
})
