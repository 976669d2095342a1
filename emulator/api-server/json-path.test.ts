import { expect, test } from 'vitest'
import { jsonPath } from './json-path.ts'

const object = {
  metadata: { labels: { 'a/b': 'c', 'x.y': 'z' } },
  status: {
    count: 2,
    conditions: [
      { type: 'Ready', status: 'True', n: 1 },
      { type: 'Synced', status: 'False', n: 2 },
    ],
  },
}

test.each([
  ['.status.count', [2]],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type == 'Synced')].status", ['False']],
  ['.status.conditions[?(@.n>1)].type', ['Synced']],
  ['.status.conditions[?(@.none)].type', []],
  ['.status.conditions[0].type', ['Ready']],
  ['.status.conditions[-1].type', ['Synced']],
  ['.status.conditions[0:1].type', ['Ready']],
  ['.status.conditions[*].type', ['Ready', 'Synced']],
  [".metadata.labels['a/b']", ['c']],
  ['.metadata.labels.x\\.y', ['z']],
  ['.status.nothing.at.all', []],
])('%s finds %j', (path, found) => {
  expect(jsonPath(path)(object)).toEqual(found)
})

test.each(['..type', '.a[0,1]', '.a[?(@.b=~"c")]'])('%s is not implemented, and says so', (path) => {
  expect(() => jsonPath(path)(object)).toThrow('the JSON path')
})
