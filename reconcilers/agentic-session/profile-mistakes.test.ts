import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { settings } from '#test/ports.ts'
import { mistakesIn } from './profile-mistakes.ts'
import { builtInProfile } from './profiles.ts'

const mistakes = (runnerProfiles: unknown) => mistakesIn({ ...settings, runnerProfiles })
const copied = (namespace: string, name: string) => ({
  from: { namespace, name },
  required: true,
  mountPath: '/secret',
})
const inProfile = (profile: object) => mistakes({ profiles: [{ id: 'first' }, { id: 'second', ...profile }] })

describe('runner profiles', () => {
  test('have no mistake where there are none', () => {
    expect(mistakes(undefined)).toEqual([])
  })

  test.each([
    [{}, ['profiles is missing']],
    ['profiles', ['the document is "profiles", must be object']],
    [{ profiles: [] }, ['profiles is empty']],
    [{ profiles: [{}] }, ['profiles[0].id is missing']],
    [{ profiles: [{ id: 'a' }, { id: 'a' }] }, ['profiles[1].id is "a", as another\'s before it']],
    [{ profiles: [{ id: 'a' }], more: 1 }, ['more is not known, there are profiles']],
  ])('as %j are told off', (document, told) => {
    expect(mistakes(document)).toEqual(told)
  })

  test.each([
    [{ port: 'x' }, 'profiles[1].port is "x", must be integer'],
    [{ port: 0 }, 'profiles[1].port is 0, must be from 1 to 65535'],
    [{ id: 'A b' }, 'profiles[1].id is "A b", must match'],
    [{ ports: 1 }, 'profiles[1].ports is not known, there are id, image, port'],
    [{ image: 'a b' }, 'profiles[1].image is "a b", must match'],
    [{ env: { A: 1 } }, 'profiles[1].env.A is 1, must be string'],
    [{ healthPath: '/health' }, 'profiles[1].healthPath is without a port'],
    [{ workspace: { size: 'big' } }, 'profiles[1].workspace.size is "big", must match'],
    [
      { workspace: { size: '1Gi', accessMode: 'Any' } },
      'profiles[1].workspace.accessMode is "Any", must be one of Read',
    ],
    [{ copiedSecrets: [{ from: { name: 'a' } }] }, 'profiles[1].copiedSecrets[0].required is missing'],
    [
      { copiedSecrets: [{ from: { namespace: 'a', name: 'b' }, required: true }] },
      'profiles[1].copiedSecrets[0] has neither a mountPath nor env: true',
    ],
    [{ env: { 'A=B': 'x' } }, 'profiles[1]: container ambient-code-runner: "A=B" cannot be the name of a variable'],
    [{ env: { '': 'x' } }, 'profiles[1]: container ambient-code-runner: "" cannot be'],
    [{ copiedSecrets: [copied('a', 'b.c')] }, 'profiles[1]: the volume b.c must be called'],
    [{ copiedSecrets: [copied('a', 'workspace')] }, 'profiles[1]: there are two volumes workspace'],
    [
      { copiedSecrets: [copied('a', 'b'), copied('a', 'c')] },
      'profiles[1]: container ambient-code-runner: /secret is mounted twice',
    ],
    [
      { copiedSecrets: [copied('a', 'b'), { ...copied('c', 'b'), mountPath: '/other' }] },
      'profiles[1].copiedSecrets[0].from is a/b, and another of that name is copied',
    ],
    [
      { copiedSecrets: [copied('a', 'b')], requiredSecrets: ['d', 'b'] },
      'profiles[1].requiredSecrets[1] is "b", which is copied',
    ],
    [
      { container: { volumeMounts: [{ name: 'gone', mountPath: '/gone' }] } },
      'profiles[1]: container ambient-code-runner: there is no volume gone for /gone',
    ],
    [
      {
        pod: {
          initContainers: [{ name: 'ambient-code-runner', image: 'x' }],
        },
      },
      'profiles[1]: there are two containers ambient-code-runner',
    ],
    [{ pod: { restartPolicy: 'OnFailure' } }, 'profiles[1]: restartPolicy is OnFailure, must be Never'],
    [{ identity: { rules: [{ verbs: 'get' }] } }, 'profiles[1].identity.rules[0].verbs is "get", must be array'],
    [{ pod: { containers: null } }, 'profiles[1].pod'],
    [{ pod: { containers: 'none' } }, 'profiles[1].pod'],
    [{ pod: { containers: [] } }, 'profiles[1].pod leaves no ambient-code-runner'],
  ])('with %j are told off', (profile, told) => {
    const found = inProfile(profile)
    expect(
      found.some((mistake) => mistake.startsWith(told)),
      found.join('\n'),
    ).toBe(true)
  })

  test('that copy Secrets of one name from two namespaces are told off, whichever profile it is', () => {
    const profiles = [
      { id: 'a', copiedSecrets: [copied('x', 's')] },
      { id: 'b', copiedSecrets: [copied('y', 's')] },
    ]
    expect(mistakes({ profiles })).toHaveLength(2)
    expect(mistakes({ profiles: profiles.map((profile) => ({ ...profile, ...profiles[0], id: profile.id })) })).toEqual(
      [],
    )
  })

  test('name every mistake at once', () => {
    expect(inProfile({ port: 'x', image: '', env: 1 })).toHaveLength(3)
  })

  test.each([
    [{ pod: { hostNetwork: true } }, 'hostNetwork is true'],
    [{ pod: { volumes: [{ name: 'host', hostPath: { path: '/' } }] } }, 'volume host is a hostPath'],
    [{ pod: { securityContext: { runAsUser: 0 } } }, 'securityContext.runAsUser is 0'],
    [
      { container: { securityContext: { privileged: true } } },
      'container ambient-code-runner: securityContext.privileged is true',
    ],
    [
      { container: { securityContext: { runAsNonRoot: false } } },
      'container ambient-code-runner: securityContext.runAsNonRoot is not true',
    ],
    [
      {
        pod: { initContainers: [{ name: 'i', image: 'x', securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] },
      },
      'container i: securityContext.capabilities.drop is without ALL',
    ],
    [
      { pod: { containers: [{ name: 's', image: 'x', ports: [{ containerPort: 1, hostPort: 1 }] }] } },
      'container s: hostPort is 1',
    ],
  ])('with %j break the restricted standard, unless they say that they do', (profile, told) => {
    expect(inProfile(profile).join()).toContain(`profiles[1]: ${told}`)
    expect(inProfile({ ...profile, podSecurity: 'privileged' })).toEqual([])
  })

  test('have sidecars that run as restricted as the runner does, by themselves', () => {
    expect(inProfile({ pod: { initContainers: [{ name: 'sync', image: 'x', restartPolicy: 'Always' }] } })).toEqual([])
  })
})

describe('the profiles of the documentation, the samples and the tests', () => {
  test.each([
    'docs/runner-profiles.example.yaml',
    'samples/profiles/runner-profiles.yaml',
    'test/runner-profiles.yaml',
  ])('%s have no mistake', (file) => {
    expect(mistakes(parse(readFileSync(join(import.meta.dirname, '../..', file), 'utf8')))).toEqual([])
  })

  test('the built-in one has none', () => {
    expect(mistakes({ profiles: [builtInProfile] })).toEqual([])
  })
})
