import { anEventing } from '#emulator/eventing/fixtures.ts'
import { fooCrd, setsCrd } from './cases.ts'
import type { SinkAnswer, SinkRequest, SourceSpec, Stage } from './stage.ts'

const source = { apiVersion: 'sources.knative.dev/v1', plural: 'apiserversources' }
const rbac = 'rbac.authorization.k8s.io'

/** Our API server with our adapter. */
export function emulatedStage(): Stage {
  const { world, client, network } = anEventing()
  const requests: SinkRequest[] = []
  let answers: SinkAnswer[] = []
  let slowMs = 0
  network.serve('sink.test', async ({ headers, body }) => {
    requests.push({ headers, body, at: world.now() })
    const answer = answers.shift()
    if (answer !== undefined && slowMs > 0) await new Promise<void>((resolve) => void world.after(slowMs, resolve))
    if (answer === 'reset') throw new Error('connection reset by peer')
    return { status: answer ?? 204, headers: {}, body: '' }
  })
  client.create({ apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' }, fooCrd)
  client.create({ apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' }, setsCrd)
  client.create(
    { apiVersion: 'v1', plural: 'serviceaccounts' },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'watcher', namespace: 'default' },
    },
  )
  client.create(
    { apiVersion: `${rbac}/v1`, plural: 'clusterroles' },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'watcher' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    },
  )
  client.create(
    { apiVersion: `${rbac}/v1`, plural: 'clusterrolebindings' },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'watcher' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'watcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace: 'default' }],
    },
  )
  return {
    send: async (method, path, body) => {
      const headers = { 'content-type': `application/${method === 'PATCH' ? 'merge-patch+' : ''}json` }
      const response = client.send({ method, path, headers, ...(body && { body }) })
      if (response.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(response)}`)
      await world.advance(1)
    },
    start: async ({ mode, resources, owner, extensions }: SourceSpec) => {
      client.create(source, {
        apiVersion: source.apiVersion,
        kind: 'ApiServerSource',
        metadata: { name: 'source', namespace: 'default' },
        spec: {
          mode,
          serviceAccountName: 'watcher',
          resources: resources.map(({ label, ...rest }) => ({
            ...rest,
            ...(label && { selector: { matchLabels: Object.fromEntries([label.split('=')]) } }),
          })),
          ...(owner && { owner }),
          ...(extensions && { ceOverrides: { extensions } }),
          sink: { uri: 'http://sink.test/' },
        },
      })
      await world.advance(5000)
    },
    stop: async () => {
      client.delete(source, { namespace: 'default', name: 'source' })
      await world.advance(1000)
    },
    answer: (next, ms = 0) => {
      answers = [...next]
      slowMs = ms
    },
    requests: () => requests,
    pass: world.advance,
  }
}
