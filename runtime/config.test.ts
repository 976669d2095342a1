import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

describe('the configuration', () => {
  it('of an empty environment is the documented one', () => {
    const config = {
      settings: {
        namespace: 'default',
        backendNamespace: 'default',
        backendUrl: 'http://backend-service.default.svc.cluster.local:8080/api',
        runnerImage: 'quay.io/ambient_code/vteam_claude_runner:latest',
        inactivityTimeoutSeconds: 86_400,
      },
      maxConcurrentReconciles: 10,
      isDevMode: false,
      host: '0.0.0.0',
      port: 8080,
      metricsPort: 9464,
      push: undefined,
      sweepPeriodSeconds: 30,
    }
    expect(readConfig({})).toEqual(config)
  })

  it('takes what is set', () => {
    const config = readConfig({
      NAMESPACE: 'dormouse',
      BACKEND_NAMESPACE: 'ambient-code',
      BACKEND_API_URL: 'https://backend.example/api',
      AMBIENT_CODE_RUNNER_IMAGE: 'registry:5000/runner@sha256:00',
      MAX_CONCURRENT_RECONCILES: '3',
      DEV_MODE: 'true',
      HOST: '127.0.0.1',
      PORT: '9000',
      METRICS_PORT: '0',
      METRICS_PUSH_URL: 'https://metrics.example/push/',
      METRICS_PUSH_INTERVAL_SECONDS: '60',
      SWEEP_PERIOD_SECONDS: '86400',
      RUNNER_PROFILES: '/etc/dormouse/runner-profiles.yaml',
    })
    expect(config).toEqual({
      settings: {
        namespace: 'dormouse',
        backendNamespace: 'ambient-code',
        backendUrl: 'https://backend.example/api',
        runnerImage: 'registry:5000/runner@sha256:00',
        inactivityTimeoutSeconds: 86_400,
      },
      maxConcurrentReconciles: 3,
      isDevMode: true,
      host: '127.0.0.1',
      port: 9000,
      metricsPort: 0,
      push: { url: 'https://metrics.example/push', intervalSeconds: 60 },
      sweepPeriodSeconds: 86_400,
      runnerProfilesFile: '/etc/dormouse/runner-profiles.yaml',
    })
  })

  it('looks for the backend in its own namespace where no other is named', () => {
    expect(readConfig({ NAMESPACE: 'dormouse' }).settings.backendNamespace).toBe('dormouse')
  })

  it('takes an empty variable for an absent one', () => {
    expect(readConfig({ PORT: '', NAMESPACE: '' })).toEqual(readConfig({}))
  })

  it.each([
    ['NAMESPACE', 'Team_A'],
    ['NAMESPACE', 'a'.repeat(64)],
    ['NAMESPACE', '-a'],
    ['BACKEND_NAMESPACE', 'a.b'],
    ['AMBIENT_CODE_RUNNER_IMAGE', 'runner latest'],
    ['MAX_CONCURRENT_RECONCILES', '0'],
    ['MAX_CONCURRENT_RECONCILES', '1001'],
    ['MAX_CONCURRENT_RECONCILES', '1.5'],
    ['DEV_MODE', 'yes'],
    ['HOST', 'local host'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '0x50'],
    ['METRICS_PORT', '65536'],
    ['METRICS_PUSH_URL', 'gateway:9091'],
    ['METRICS_PUSH_URL', 'ftp://gateway'],
    ['METRICS_PUSH_INTERVAL_SECONDS', '0'],
    ['SWEEP_PERIOD_SECONDS', '0'],
    ['SWEEP_PERIOD_SECONDS', '86401'],
  ])('refuses %s=%s, and names both', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      new RegExp(`^configuration: ${name} is "${value}", must be [^;]+$`),
    )
  })

  it('refuses two servers on one port', () => {
    expect(() => readConfig({ PORT: '9464' })).toThrow(
      'configuration: METRICS_PORT and PORT are both 9464, must differ',
    )
  })

  it('names all mistakes at once', () => {
    const names = [
      'NAMESPACE',
      'BACKEND_NAMESPACE',
      'AMBIENT_CODE_RUNNER_IMAGE',
      'MAX_CONCURRENT_RECONCILES',
      'DEV_MODE',
      'HOST',
      'PORT',
      'METRICS_PORT',
      'METRICS_PUSH_URL',
      'METRICS_PUSH_INTERVAL_SECONDS',
      'SWEEP_PERIOD_SECONDS',
    ]
    const message = messageOf(() => readConfig(Object.fromEntries(names.map((name) => [name, 'no good']))))
    for (const name of names) expect(message).toContain(`${name} is "no good"`)
  })
})

const messageOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return ''
}
