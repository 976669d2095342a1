import { expect, test } from 'vitest'
import { forLaptop } from './laptop-settings.ts'

const scaledObject = {
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'a' },
  spec: { pollingInterval: 10, triggers: [{ type: 'cron', metadata: { start: '*/5 * * * *', desiredReplicas: '1' } }] },
}

test.each([
  [0, '3-59/5', '4-59/5'],
  [1, '4-59/5', '0-59/5'],
  [57, '0-59/5', '1-59/5'],
])('at minute %i the next cron window opens no sooner than in two minutes', (minute, start, end) => {
  const [changed] = forLaptop([scaledObject], Date.UTC(2026, 0, 1, 12, minute, 59))
  expect(changed?.['spec']).toMatchObject({
    pollingInterval: 1,
    triggers: [{ metadata: { start: `${start} * * * *`, end: `${end} * * * *`, desiredReplicas: '1' } }],
  })
})

test('leaves what is no Knative Service and no ScaledObject as it is', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: {} }
  expect(forLaptop([service], 0)).toEqual([service])
})
