import { expect, test } from 'vitest'
import { apply } from './apply.ts'
import { withEntries } from './managed-fields.ts'
import { fromScale, scaleType, toScale } from './scale.ts'
import { trackUpdate } from './track-update.ts'

const now = Date.parse('2026-01-02T03:04:05Z')
const replicas = ['spec', 'replicas']
const maker = {
  manager: 'maker',
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } },
}
const deployment = { apiVersion: 'apps/v1', entries: [maker], replicas }
const scale = (count: number) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'a' },
  spec: { replicas: count },
  status: { replicas: 0 },
})
const scaled = () => {
  const before = withEntries(scale(1), toScale(deployment))
  const update = { type: scaleType, before, after: scale(2), manager: 's', now, subresource: 'scale' }
  return fromScale(deployment, trackUpdate(update))
}

test('who scales takes the replicas, without a time, as in kube-apiserver 1.36.3', () => {
  expect(scaled()).toEqual([
    {
      manager: 's',
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      subresource: 'scale',
    },
    { ...maker, fieldsV1: { 'f:spec': { 'f:paused': {} } } },
  ])
})

test("an apply of other replicas conflicts in the Scale's version", () => {
  const live = withEntries(scale(2), toScale({ ...deployment, entries: scaled() }))
  const applied = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a' }, spec: { replicas: 3 } }
  expect(() =>
    apply({ type: scaleType, live, applied, manager: 'ap', force: false, now, subresource: 'scale' }),
  ).toThrow(
    'Apply failed with 1 conflict: conflict with "s" with subresource "scale" using autoscaling/v1: .spec.replicas',
  )
})
