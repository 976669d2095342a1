import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { createApiServer } from './api-server/server.ts'
import type { Json, KubeObject } from './api-server/types.ts'
import { clientOf } from './client.ts'
import { createVirtualWorld } from './host/virtual-world.ts'
import { runKeda } from './keda/keda.ts'
import { createNetwork } from './network.ts'
import { runServing } from './serving/serving.ts'

const root = join(import.meta.dirname, '..')
const kinds: Readonly<Record<string, string>> = {
  Service: 'services',
  ScaledObject: 'scaledobjects',
  Deployment: 'deployments',
}

/** The objects of these kinds in the rendered manifests. */
const rendered: readonly KubeObject[] = ['functions/*/manifest.yaml', 'keda/*.yaml']
  .flatMap((pattern) => globSync(pattern, { cwd: root }).sort())
  .flatMap((file) => parseAllDocuments(readFileSync(join(root, file), 'utf8')))
  .map((document) => document.toJS() as KubeObject)
  .filter(({ kind }) => kind in kinds)

test('what is rendered is taken as it is, with nothing pruned', () => {
  const world = createVirtualWorld()
  const client = clientOf(createApiServer({ world }), { name: 'admin', groups: ['system:masters'] })
  runServing({ client, world, network: createNetwork(), send: () => Promise.reject(new Error('nobody')) })
  runKeda({ client, world })
  client.create(
    { apiVersion: 'v1', plural: 'namespaces' },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dormouse' } },
  )
  expect(rendered.map(({ kind }) => kind).sort()).toEqual([
    'Deployment',
    'ScaledObject',
    ...Array.from({ length: rendered.length - 2 }, () => 'Service'),
  ])
  for (const object of rendered) {
    const path = `/apis/${object.apiVersion}/namespaces/dormouse/${kinds[object.kind]}?fieldValidation=Strict`
    const response = client.send({ method: 'POST', path, body: object })
    expect('body' in response && response).toMatchObject({ status: 201, body: object as Json })
  }
})
