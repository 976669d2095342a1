import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { render } from '#manifests/render.ts'
import { loadFunctions } from '#runtime/functions.ts'
import { defineFunction, settled } from '#sdk/index.ts'

const ROOT = join(import.meta.dirname, '..')
const functions = await loadFunctions()
const files = render(functions)

type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: {
    readonly template?: { readonly spec: PodSpec }
    readonly delivery?: object
    readonly subscriber?: { readonly ref: { readonly name: string } }
    readonly resources?: readonly { readonly kind: string }[]
  }
}
type PodSpec = {
  readonly serviceAccountName: string
  readonly containers: readonly {
    readonly readinessProbe?: object
    readonly resources: object
    readonly securityContext: object
  }[]
}

const documentsOf = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest)
const manifests = [...files]
  .filter(([path]) => !path.endsWith('kustomization.yaml'))
  .flatMap(([, text]) => documentsOf(text))
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)

const aFunction = (name: string, on: Parameters<typeof defineFunction>[0]['on']) =>
  defineFunction({ name, on, access: [], handle: async () => settled('Done') })

describe('rendered manifests', () => {
  test('are those in the repository: run `npm run render` where they are not', () => {
    for (const [path, text] of files) expect(readFileSync(join(ROOT, path), 'utf8'), path).toBe(text)
    const rendered = globSync('{crds,eventing,functions,keda}/**/*.yaml', { cwd: ROOT })
    expect(rendered.sort()).toEqual([...files.keys()].sort())
  })

  test('are reached from the root, each', () => {
    const root = parse(readFileSync(join(ROOT, 'kustomization.yaml'), 'utf8')) as { resources: string[] }
    const folders = new Set([...files.keys()].map((path) => path.split('/')[0]))
    expect(root.resources).toEqual(expect.arrayContaining([...folders]))
  })

  test('give every function an identity of its own and a host', () => {
    for (const { name, on } of functions) {
      const isSwept = on.some((trigger) => 'everyMinutes' in trigger)
      const host = ofKind(isSwept ? 'Deployment' : 'Service').find(({ metadata }) => metadata.name === name)
      expect(host?.spec?.template?.spec.serviceAccountName, name).toBe(name)
      expect(ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(name)
    }
  })

  test('let every container pass the restricted Pod Security Standard, without a CPU limit', () => {
    for (const { spec } of [...ofKind('Service'), ...ofKind('Deployment')]) {
      const [container] = spec?.template?.spec.containers ?? []
      expect(container?.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(container?.resources).toEqual({ requests: expect.anything(), limits: { memory: expect.anything() } })
    }
  })

  test('probe every Knative Service each second', () => {
    for (const { spec } of ofKind('Service')) {
      expect(spec?.template?.spec.containers[0]?.readinessProbe).toMatchObject({ periodSeconds: 1 })
    }
  })

  test('write every delivery policy out in full, for a Trigger inherits nothing from its Broker', () => {
    const triggers = ofKind('Trigger')
    expect(triggers.length).toBeGreaterThan(1)
    for (const { spec } of triggers) {
      expect(Object.keys(spec?.delivery ?? {}).sort()).toEqual([
        'backoffDelay',
        'backoffPolicy',
        'deadLetterSink',
        'retry',
        'timeout',
      ])
      expect(ofKind('Service').map(({ metadata }) => metadata.name)).toContain(spec?.subscriber?.ref.name)
    }
  })

  test('watch every kind that a function is woken by', () => {
    const watched = ofKind('ApiServerSource').flatMap(({ spec }) => spec?.resources?.map(({ kind }) => kind) ?? [])
    const wanted = functions.flatMap(({ on }) =>
      on.flatMap((trigger) => ('changes' in trigger ? trigger.changes.kind : [])),
    )
    expect(watched.sort()).toEqual([...new Set(wanted)].sort())
  })
})

describe('rendering refuses', () => {
  const gateway = { apiVersion: 'example.com/v1', kind: 'Gateway', plural: 'gateways', scope: 'Namespaced' } as const
  const sink = aFunction('sink', [{ deadLetters: true }])

  test.each([
    ['no sink for dead letters', [aFunction('a', [])], /0 functions are woken by dead letters/],
    ['two sinks', [sink, aFunction('other', [{ deadLetters: true }])], /2 functions are woken by dead letters/],
    [
      'a kind whose plural the source would not guess',
      [sink, aFunction('a', [{ changes: gateway }])],
      /must be "gatewaies"/,
    ],
    ['a clock that strikes never or unevenly', [sink, aFunction('a', [{ everyMinutes: 7 }])], /everyMinutes is 7/],
    [
      'a clock beside another trigger',
      [sink, aFunction('a', [{ everyMinutes: 5 }, { deadLetters: true }])],
      /must be one|nothing else/,
    ],
  ])('%s', (_what, given, message) => {
    expect(() => render(given)).toThrow(message)
  })
})
