import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** What a session's life writes into the embedded API server, in the sizes of the real thing. */

export const crd: unknown = parse(
  readFileSync(new URL('../crds/agenticsessions.vteam.ambient-code.yaml', import.meta.url), 'utf8'),
)

export const sessions = (namespace: string): string =>
  `/apis/vteam.ambient-code/v1alpha1/namespaces/${namespace}/agenticsessions`
export const jobs = (namespace: string): string => `/apis/batch/v1/namespaces/${namespace}/jobs`
export const pods = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`

export const aSession = (name: string) => ({
  apiVersion: 'vteam.ambient-code/v1alpha1',
  kind: 'AgenticSession',
  metadata: { name },
  spec: {
    displayName: 'Fix issue 42',
    initialPrompt: 'Find out why the build of the documentation fails, mend it and open a pull request.',
    repos: [{ url: 'https://git.example.com/team-a/docs', branch: 'main', autoPush: true }],
    llmSettings: { model: 'claude-sonnet-4-6', temperature: 0.7, maxTokens: 4000 },
    timeout: 300,
    environmentVariables: { LOG_LEVEL: 'debug' },
  },
})

const time = '2026-01-01T00:00:00Z'
const condition = (type: string, status: string, reason: string) => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: time,
})

export const creating = (jobName: string) => ({
  status: {
    phase: 'Creating',
    observedGeneration: 1,
    attempt: 1,
    jobName,
    startTime: time,
    conditions: [condition('Ready', 'False', 'Creating')],
  },
})
export const completed = {
  status: { phase: 'Completed', completionTime: time, conditions: [condition('Ready', 'False', 'Completed')] },
}

const owner = (kind: string, apiVersion: string, name: string, uid: string) => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
})

const podSpec = () => ({
  restartPolicy: 'Never',
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'runner',
      image: 'quay.io/ambient-code/runner:v1',
      env: ['SESSION_NAME', 'SESSION_NAMESPACE', 'PROMPT', 'MODEL', 'REPOS'].map((name) => ({
        name,
        value: 'a value',
      })),
      envFrom: [{ secretRef: { name: 'runner-secrets', optional: true } }],
      resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '4Gi' } },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumeMounts: [{ name: 'workspace', mountPath: '/workspace' }],
    },
  ],
  volumes: [{ name: 'workspace', emptyDir: { sizeLimit: '5Gi' } }],
})
const labels = { 'app.kubernetes.io/managed-by': 'dormouse', 'app.kubernetes.io/name': 'runner' }

export const aJob = (name: string, uid: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name,
    labels,
    ownerReferences: [owner('AgenticSession', 'vteam.ambient-code/v1alpha1', name, uid)],
  },
  spec: {
    backoffLimit: 0,
    activeDeadlineSeconds: 300,
    ttlSecondsAfterFinished: 600,
    template: { metadata: { labels }, spec: podSpec() },
  },
})
export const startedJob = {
  status: { active: 1, ready: 0, terminating: 0, startTime: time, uncountedTerminatedPods: {} },
}
export const readyJob = { status: { ready: 1 } }

export const aPod = (name: string, uid: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels: { ...labels, 'batch.kubernetes.io/job-name': name, 'job-name': name },
    ownerReferences: [owner('Job', 'batch/v1', name, uid)],
    finalizers: ['batch.kubernetes.io/job-tracking'],
  },
  spec: podSpec(),
})
const container = {
  name: 'runner',
  image: 'quay.io/ambient-code/runner:v1',
  imageID: '',
  restartCount: 0,
  ready: true,
  started: true,
}
export const runningPod = {
  status: {
    phase: 'Running',
    hostIP: '10.0.0.1',
    podIP: '10.1.0.7',
    podIPs: [{ ip: '10.1.0.7' }],
    startTime: time,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: time,
    })),
    containerStatuses: [{ ...container, state: { running: { startedAt: time } }, lastState: {} }],
  },
}
export const endedPod = {
  status: {
    phase: 'Succeeded',
    containerStatuses: [
      {
        ...container,
        ready: false,
        started: false,
        state: { terminated: { exitCode: 0, reason: 'Completed' } },
        lastState: {},
      },
    ],
  },
}
