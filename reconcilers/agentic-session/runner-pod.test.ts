import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Container, PodSpec } from 'kubernetes-types/core/v1.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { settings } from '#test/ports.ts'
import { aSession } from './fixtures.ts'
import { securityFaultsOf } from './pod-security.ts'
import type { Profile } from './profile-schema.ts'
import { builtInProfile } from './profiles.ts'
import { runnerJobFor } from './runner-job.ts'
import type { Spec } from './schema.ts'

const podOf = (profile: Profile = builtInProfile, spec: Spec = {}): PodSpec => {
  const alone = { ...settings, runnerProfiles: { profiles: [profile] } }
  const pod = runnerJobFor(aSession({ spec }), 1, alone).spec?.template.spec
  if (!pod) throw new Error('no Pod')
  return pod
}
const runnerOf = (profile?: Profile, spec?: Spec): Container => {
  const [runner] = podOf(profile, spec).containers
  if (!runner) throw new Error('no runner')
  return runner
}
const variable = (container: Container, name: string) => container.env?.find((each) => each.name === name)

describe('the Pod of the built-in profile', () => {
  test('is found where upstream has it, and asked how it is', () => {
    expect(runnerOf()).toMatchObject({
      name: 'ambient-code-runner',
      image: 'runner:1',
      ports: [{ name: 'agui', containerPort: 8001 }],
      readinessProbe: { httpGet: { path: '/health', port: 8001 } },
      livenessProbe: { httpGet: { path: '/health', port: 8001 } },
    })
  })

  test('asks for as much as upstream gives it, and has as long to end', () => {
    expect(runnerOf().resources).toEqual({
      requests: { cpu: '500m', memory: '512Mi' },
      limits: { cpu: '2', memory: '8Gi' },
    })
    expect(podOf()).toMatchObject({ terminationGracePeriodSeconds: 60, restartPolicy: 'Never' })
  })

  test('is told where it listens, and has the token of its session by reference', () => {
    const runner = runnerOf()
    expect(variable(runner, 'AGUI_PORT')?.value).toBe('8001')
    expect(variable(runner, 'USE_AGUI')?.value).toBe('true')
    expect(variable(runner, 'ARTIFACTS_DIR')?.value).toBe('artifacts')
    expect(variable(runner, 'AGUI_TOKEN')).toEqual({
      name: 'AGUI_TOKEN',
      valueFrom: { secretKeyRef: { name: 'ambient-runner-token-tidy-up', key: 'agui-token' } },
    })
  })

  test('has a token for the API server in a file that the kubelet renews, and no other', () => {
    const pod = podOf()
    expect(pod).toMatchObject({
      serviceAccountName: 'ambient-session-tidy-up',
      automountServiceAccountToken: false,
      volumes: expect.arrayContaining([
        {
          name: 'runner-token',
          projected: { sources: [{ serviceAccountToken: { path: 'bot-token', expirationSeconds: 3600 } }] },
        },
      ]),
    })
    expect(pod.containers[0]?.volumeMounts).toEqual(
      expect.arrayContaining([
        { name: 'runner-token', mountPath: '/var/run/secrets/ambient', readOnly: true },
        { name: 'workspace', mountPath: '/workspace' },
        { name: 'workspace', mountPath: '/app/.claude', subPath: '.claude' },
      ]),
    )
  })

  test('starts without the Secrets that it may have', () => {
    expect(runnerOf().envFrom).toEqual([
      { secretRef: { name: 'ambient-non-vertex-integrations', optional: true } },
      { secretRef: { name: 'ambient-runner-secrets', optional: true } },
    ])
  })

  test('is the one of the documentation', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/runner-profiles.md'), 'utf8')
    const [, yaml = ''] = /```yaml\n(profiles:[\s\S]*?)```/.exec(text) ?? []
    expect(parse(yaml)).toEqual({ profiles: [builtInProfile] })
  })
})

describe('what a session sets itself', () => {
  test('wins over its profile, but for what is secret', () => {
    const runner = runnerOf(builtInProfile, { environmentVariables: { DEBUG: 'false', AGUI_TOKEN: 'mine' } })
    expect(variable(runner, 'DEBUG')?.value).toBe('false')
    expect(runner.env?.filter(({ name }) => name === 'AGUI_TOKEN')).toEqual([
      expect.objectContaining({ valueFrom: expect.anything() }),
    ])
  })

  test.each([
    [0, '0'],
    [1, '1'],
    [0.7, '0.7'],
  ])('reaches the runner: a temperature of %d', (temperature, text) => {
    expect(variable(runnerOf(builtInProfile, { llmSettings: { temperature } }), 'LLM_TEMPERATURE')?.value).toBe(text)
  })
})

describe('a profile', () => {
  test('that says nothing has a container without port, probes and identity', () => {
    const pod = podOf({ id: 'plain' })
    expect(pod).not.toHaveProperty('serviceAccountName')
    for (const field of ['ports', 'readinessProbe', 'envFrom']) expect(pod.containers[0]).not.toHaveProperty(field)
    expect(pod.volumes).toEqual([{ name: 'workspace', emptyDir: { sizeLimit: '10Gi' } }])
  })

  test('has Secrets copied as files and as variables', () => {
    const from = { namespace: 'platform', name: 'vertex' }
    const pod = podOf({ id: 'a', copiedSecrets: [{ from, required: true, mountPath: '/app/vertex', env: true }] })
    expect(pod.volumes).toContainEqual({ name: 'vertex', secret: { secretName: 'vertex' } })
    expect(pod.containers[0]).toMatchObject({
      envFrom: [{ secretRef: { name: 'vertex' } }],
      volumeMounts: expect.arrayContaining([{ name: 'vertex', mountPath: '/app/vertex', readOnly: true }]),
    })
  })

  test('that keeps its workspace has the claim of the session', () => {
    expect(podOf({ id: 'a', workspace: { size: '1Gi', persistent: true } }).volumes).toEqual([
      { name: 'workspace', persistentVolumeClaim: { claimName: 'ambient-workspace-tidy-up' } },
    ])
  })

  test('changes what comes of the rest, and what it adds is as restricted', () => {
    const pod = podOf({
      id: 'a',
      terminationGraceSeconds: 5,
      container: { resources: { limits: { memory: '1Gi' } } },
      pod: {
        priorityClassName: 'agents',
        initContainers: [{ name: 'sync', image: 'sync:1', restartPolicy: 'Always' }],
      },
    })
    expect(pod).toMatchObject({ priorityClassName: 'agents', terminationGracePeriodSeconds: 5 })
    expect(pod.containers[0]?.resources).toMatchObject({ limits: { cpu: '2', memory: '1Gi' } })
    expect(securityFaultsOf(pod)).toEqual([])
    expect(pod.initContainers?.[0]?.securityContext?.capabilities).toEqual({ drop: ['ALL'] })
  })

  test('has what it adds told whose it is, and lets a session set what is left', () => {
    const own = [
      { name: 'S3_BUCKET', value: 'ours' },
      { name: 'NAMESPACE', value: 'its-own' },
    ]
    const profile = { id: 'a', pod: { initContainers: [{ name: 'fetch', image: 'fetch:1', env: own }] } }
    const pod = podOf(profile, {
      initialPrompt: 'Hello',
      repos: [{ url: 'https://example.com/$(HOME)' }],
      environmentVariables: { S3_BUCKET: 'theirs', SESSION_NAME: 'another', STATE: '$(SESSION_NAME)/state' },
    })
    const env = Object.fromEntries((pod.initContainers?.[0]?.env ?? []).map(({ name, value }) => [name, value]))
    expect(env).toEqual({
      SESSION_NAME: 'tidy-up',
      NAMESPACE: 'its-own',
      PROJECT_NAME: 'team-a',
      BACKEND_API_URL: settings.backendUrl,
      REPOS_JSON: '[{"url":"https://example.com/$$(HOME)"}]',
      S3_BUCKET: 'ours',
      STATE: '$(SESSION_NAME)/state',
    })
    expect(variable(pod.containers[0] ?? { name: 'none' }, 'SESSION_NAME')?.value).toBe('another')
  })
})
