import type { Container, EnvVar, PodSpec, SecurityContext } from 'kubernetes-types/core/v1.js'
import type { Live, Settings } from '#sdk/index.ts'
import { besideRunner } from './beside-runner.ts'
import { GRACE_SECONDS } from './job.ts'
import { namesOf } from './names.ts'
import { overlaid } from './overlay.ts'
import type { CopiedSecret, Profile } from './profile-schema.ts'
import type { AgenticSession } from './schema.ts'
import { PORT_NAME, RUNNER } from './started-with.ts'

/** What the restricted Pod Security Standard asks of a container. */
const restricted: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

export const WORKSPACE = '/workspace'
const WORKSPACE_SIZE = '10Gi'

/** Where upstream's runner reads the token that it talks to the API server with. The kubelet renews it. */
const TOKEN_FOLDER = '/var/run/secrets/ambient'
const TOKEN_FILE = 'bot-token'
const TOKEN_SECONDS = 3600

type Given = { readonly profile: Profile; readonly settings: Settings; readonly env: EnvVar[] }

/** The Pod of an attempt, as its profile has it. Pure. */
export const runnerPodOf = (session: Live<AgenticSession>, { profile, settings, env }: Given): PodSpec => {
  const { identity, terminationGraceSeconds = GRACE_SECONDS } = profile
  const pod: PodSpec = {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: terminationGraceSeconds,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    ...(identity && { serviceAccountName: namesOf(session).account }),
    containers: [overlaid(containerOf(profile, settings, env), profile.container ?? {}) as Container],
    volumes: [
      { name: 'workspace', ...workspaceOf(session, profile) },
      ...(identity ? [tokenVolume] : []),
      ...(profile.copiedSecrets ?? []).flatMap(volumeOf),
    ],
  }
  const whole = mapped(overlaid(pod, profile.pod ?? {}) as PodSpec, (container) =>
    container.name === RUNNER ? container : besideRunner(session, env, container),
  )
  return profile.podSecurity === 'privileged' ? whole : withRestricted(whole)
}

const containerOf = (profile: Profile, settings: Settings, env: EnvVar[]): Container => {
  const { image = settings.runnerImage, port, healthPath, identity } = profile
  const probe = port !== undefined && healthPath !== undefined && { httpGet: { path: healthPath, port } }
  const envFrom = [
    ...(profile.optionalSecrets ?? []).map((name) => ({ secretRef: { name, optional: true } })),
    ...(profile.requiredSecrets ?? []).map((name) => ({ secretRef: { name } })),
    ...(profile.copiedSecrets ?? [])
      .filter(({ env }) => env)
      .map(({ from, required }) => ({ secretRef: { name: from.name, ...(!required && { optional: true }) } })),
  ]
  return {
    name: RUNNER,
    image,
    env,
    ...(envFrom.length > 0 && { envFrom }),
    ...(port !== undefined && { ports: [{ name: PORT_NAME, containerPort: port }] }),
    ...(probe && {
      readinessProbe: { ...probe, initialDelaySeconds: 3, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3 },
      livenessProbe: { ...probe, initialDelaySeconds: 20, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 3 },
    }),
    resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '8Gi' } },
    securityContext: restricted,
    volumeMounts: [
      { name: 'workspace', mountPath: WORKSPACE },
      ...(identity ? [{ name: 'runner-token', mountPath: TOKEN_FOLDER, readOnly: true }] : []),
      ...(profile.copiedSecrets ?? []).flatMap((copied) =>
        copied.mountPath === undefined ? [] : [{ name: copied.from.name, mountPath: copied.mountPath, readOnly: true }],
      ),
    ],
  }
}

const tokenVolume = {
  name: 'runner-token',
  projected: { sources: [{ serviceAccountToken: { path: TOKEN_FILE, expirationSeconds: TOKEN_SECONDS } }] },
}

const workspaceOf = (session: Live<AgenticSession>, { workspace }: Profile) =>
  workspace?.persistent
    ? { persistentVolumeClaim: { claimName: namesOf(session).workspace } }
    : { emptyDir: { sizeLimit: workspace?.size ?? WORKSPACE_SIZE } }

const volumeOf = ({ from: { name }, required, mountPath }: CopiedSecret) =>
  mountPath === undefined ? [] : [{ name, secret: { secretName: name, ...(!required && { optional: true }) } }]

/** What a profile adds runs as the runner does, where it says nothing else. */
const withRestricted = (pod: PodSpec): PodSpec =>
  mapped(pod, (container) => ({ ...container, securityContext: { ...restricted, ...container.securityContext } }))

const mapped = (pod: PodSpec, change: (container: Container) => Container): PodSpec => ({
  ...pod,
  containers: pod.containers.map(change),
  ...(pod.initContainers && { initContainers: pod.initContainers.map(change) }),
})
