import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PodSpec } from 'kubernetes-types/core/v1.js'
import { parse, parseAllDocuments } from 'yaml'
import { childrenOf } from '#reconcilers/agentic-session/children.ts'
import { aSession } from '#reconcilers/agentic-session/fixtures.ts'
import type { Profile } from '#reconcilers/agentic-session/profile-schema.ts'
import { builtInProfile } from '#reconcilers/agentic-session/profiles.ts'
import { runnerJobFor } from '#reconcilers/agentic-session/runner-job.ts'
import { settings } from '#test/ports.ts'
import { type ApiClient, ApiError } from './api-client.ts'
import { ROOT } from './installation.ts'

const NAMESPACE = 'restricted'

type Template = { readonly path: string; readonly object: object }

const profilesIn = (file: string) =>
  (parse(readFileSync(join(ROOT, file), 'utf8')) as { readonly profiles: readonly Profile[] }).profiles

const session = (() => {
  const { metadata, ...rest } = aSession({ name: 'any', spec: { userContext: { userId: 'ann' } } })
  return { ...rest, metadata: { ...metadata, namespace: NAMESPACE } }
})()

const collectionOf = (apiVersion: string, plural: string) =>
  `${apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`}/namespaces/${NAMESPACE}/${plural}`

/** All that each profile makes that we know of, as requests: the built-in one, those of the documentation, and those of the tests. */
export const templates = [
  builtInProfile,
  ...profilesIn('docs/runner-profiles.example.yaml'),
  ...profilesIn('test/runner-profiles.yaml'),
].map((profile) => {
  const alone = { ...settings, runnerProfiles: { profiles: [profile] } }
  const job = runnerJobFor(session, 1, alone)
  // Admission asks for the ServiceAccount of a Pod, which is only made in a dry run.
  const { serviceAccountName: _, ...spec } = job.spec?.template.spec ?? { containers: [] }
  const children = childrenOf(session, 1, { profile, settings }).map(
    ({ kind, object }): Template => ({ path: collectionOf(kind.apiVersion, kind.plural), object }),
  )
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'any', namespace: NAMESPACE }, spec }
  return {
    profile: profile.id,
    children: [...children, { path: collectionOf('batch/v1', 'jobs'), object: job }] satisfies Template[],
    pod: { path: collectionOf('v1', 'pods'), object: pod } satisfies Template,
  }
})

type Container = { readonly readinessProbe?: { readonly httpGet?: object } }
type Host = { readonly kind: string; readonly metadata: { readonly name: string } } & {
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } }
}

/** The Pods of all hosts of functions, of CronJobs too: Knative names the container and its port where its Service does not, and leaves out what is its own. */
export const functionPods = () =>
  globSync(['functions/*/manifest.yaml', 'keda/*.yaml', 'always-on/operator.yaml'], { cwd: ROOT }).flatMap((file) =>
    parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).flatMap((document) => {
      const { kind, metadata, spec } = document.toJS() as Host
      if (!spec?.template?.spec.containers) return []
      const { containers, ...rest } = spec.template.spec
      const {
        containerConcurrency: _,
        timeoutSeconds: __,
        serviceAccountName: ___,
        ...pod
      } = rest as Record<string, unknown>
      const named = containers.map(({ readinessProbe, ...container }) => ({
        name: 'user-container',
        ...container,
        ...(readinessProbe?.httpGet && { readinessProbe: { httpGet: { port: 8080, ...readinessProbe.httpGet } } }),
      }))
      const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'any', namespace: NAMESPACE } }
      return [
        {
          name: `${kind} ${metadata.name}`,
          pod: { path: collectionOf('v1', 'pods'), object: { ...object, spec: { ...pod, containers: named } } },
        },
      ]
    }),
  )

/** The CronJob of the documentation, and its Pod. */
export const scheduledSession = (): readonly Template[] => {
  const { metadata, ...cronJob } = parse(readFileSync(join(ROOT, 'docs/scheduled-session.example.yaml'), 'utf8')) as {
    readonly metadata: object
    readonly spec: { readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } } }
  }
  const { serviceAccountName: _, ...spec } = cronJob.spec.jobTemplate.spec.template.spec
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'any', namespace: NAMESPACE }, spec }
  return [
    {
      path: collectionOf('batch/v1', 'cronjobs'),
      object: { ...cronJob, metadata: { ...metadata, namespace: NAMESPACE } },
    },
    { path: collectionOf('v1', 'pods'), object: pod },
  ]
}

/** The namespace that the templates are for. Safe to repeat. */
export const enforceRestricted = async (api: ApiClient): Promise<void> => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  await api
    .post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === 409)) throw error
    })
  await api
    .post(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default' },
    })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === 409)) throw error
    })
}
