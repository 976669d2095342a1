import type { Kind } from '#sdk/index.ts'
import type { HttpEvent } from './start-to-answer.ts'

const session = { apiVersion: 'vteam.ambient-code/v1alpha1', kind: 'AgenticSession', plural: 'agenticsessions' }
const job = { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' }

const metadata = {
  name: 'fix-issue-42',
  namespace: 'team-a',
  uid: '8d3c1f0e-5d0c-4d0a-9a53-0f1b6d0f6a11',
  resourceVersion: '48211',
  generation: 1,
  creationTimestamp: '2026-11-21T05:00:00Z',
}
const spec = {
  displayName: 'Fix issue 42',
  initialPrompt: 'Find out why the build of the documentation fails, mend it and open a pull request.',
  repos: [{ url: 'https://git.example.com/team-a/docs', branch: 'main', autoPush: true }],
  llmSettings: { model: 'claude-sonnet-4-6', temperature: 0.7, maxTokens: 4000 },
  timeout: 300,
}

/** As ApiServerSource sends a change through the broker: in binary mode, with the whole object. */
const anEvent = (kind: Pick<Kind, 'apiVersion' | 'kind' | 'plural'>, change: 'add' | 'update', content: object) => {
  const { apiVersion, plural } = kind
  const { name, namespace } = metadata
  const event: HttpEvent = {
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': '2f0b7a1c-6a0c-4d8e-9b43-1f6f4f3f1c77',
      'ce-source': 'https://10.96.0.1:443',
      'ce-type': `dev.knative.apiserver.resource.${change}`,
      'ce-subject': `/apis/${apiVersion}/namespaces/${namespace}/${plural}/${name}`,
      'ce-time': '2026-11-21T05:00:00.123456789Z',
      'ce-apiversion': apiVersion,
      'ce-kind': kind.kind,
      'ce-name': name,
      'ce-namespace': namespace,
      'ce-knativearrivaltime': '2026-11-21T05:00:00.130000000Z',
      'kn-namespace': namespace,
    },
    body: JSON.stringify({ apiVersion, kind: kind.kind, metadata, ...content }),
  }
  return event
}

export const newSession = anEvent(session, 'add', { spec, status: { phase: 'Pending' } })

/** The echo of our own status: thrown away without a look at the API server. */
export const runningSession = anEvent(session, 'update', { spec, status: { phase: 'Running', observedGeneration: 1 } })

export const readyJob = anEvent(job, 'update', {
  metadata: {
    ...metadata,
    labels: { 'app.kubernetes.io/managed-by': 'dormouse' },
    ownerReferences: [{ ...session, name: metadata.name, uid: metadata.uid, controller: true, plural: undefined }],
  },
  status: { active: 1, ready: 1, startTime: '2026-11-21T05:00:00Z' },
})
