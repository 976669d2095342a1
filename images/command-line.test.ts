import { describe, expect, test } from 'vitest'
import { optionsOf } from './command-line.ts'
import { platformFor } from './node.ts'

describe('npm run image', () => {
  test('packs both images under the names that are deployed', () => {
    expect(optionsOf([], {})).toMatchObject({
      images: [
        { kind: 'dormouse', name: 'ghcr.io/dormouse/dormouse:0.1.0' },
        { kind: 'sample-runner', name: 'ghcr.io/dormouse/sample-runner:0.1.0' },
      ],
      directory: 'build',
      createdAt: new Date(0),
    })
  })

  test.each([
    'registry.example.com/dormouse:0.1.0',
    'localhost:5000/a/b_c/d-e:v1',
    'localhost/a:1',
    'registry:5000/a:1',
  ])('names one image %s', (name) => {
    expect(optionsOf(['dormouse', '--tag', name], {})).toMatchObject({ images: [{ kind: 'dormouse', name }] })
  })

  test.each([
    'dormouse',
    'dormouse:1',
    'team/dormouse:1',
    'registry.example.com/dormouse',
    'registry.example.com/Dormouse:1',
    'registry.example.com/dormouse:',
    'registry.example.com/dormouse:1@sha256:00',
    'https://registry.example.com/dormouse:1',
    '',
  ])('refuses the name "%s"', (name) => {
    expect(() => optionsOf(['dormouse', '--tag', name], {})).toThrow(`--tag is "${name}", must be a name with registry`)
  })

  test('has the time of SOURCE_DATE_EPOCH', () => {
    const createdAt = new Date('2026-01-01T00:00:00Z')
    expect(optionsOf([], { SOURCE_DATE_EPOCH: '1767225600' })).toMatchObject({ createdAt })
  })

  test.each([
    [['runner'], {}, 'no image is named runner; there are dormouse, sample-runner'],
    [['--tag', 'localhost/a:1'], {}, '--tag names one image; say which: dormouse or sample-runner'],
    [['--out', ''], {}, '--out is empty'],
    [['--push'], {}, "Unknown option '--push'"],
    [[], { SOURCE_DATE_EPOCH: 'today' }, 'SOURCE_DATE_EPOCH is "today", must be a number of seconds since 1970'],
    [[], { SOURCE_DATE_EPOCH: '9999999999' }, 'SOURCE_DATE_EPOCH is "9999999999"'],
  ])('refuses %j with %j', (args, env, message) => {
    expect(() => optionsOf(args, env)).toThrow(message)
  })
})

describe('the platform', () => {
  const linux = { platform: 'linux', arch: 'x64' }

  test.each([undefined, 'linux/amd64'])("is this machine's when asked for %s", (wanted) => {
    expect(platformFor(wanted, linux)).toEqual({ os: 'linux', architecture: 'amd64' })
  })

  test.each(['linux/arm64', 'windows/amd64', 'amd64'])('is refused when it is %s on linux/amd64', (wanted) => {
    expect(() => platformFor(wanted, linux)).toThrow(`--platform is "${wanted}", must be linux/amd64`)
  })

  test('is refused on a machine whose Node runs in no Linux container', () => {
    expect(() => platformFor(undefined, { platform: 'darwin', arch: 'arm64' })).toThrow('use the Dockerfile')
  })
})
