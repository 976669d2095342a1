import { describe, expect, it } from 'vitest'
import { UnreachableError } from '#sdk/errors.ts'
import type { Live } from '#sdk/index.ts'
import { createMemoryCluster } from '#test/memory-cluster.ts'
import { portsOn } from '#test/ports.ts'
import { dueProjects } from './due-projects.ts'
import { aProject, childrenAsMade, readyStatus } from './fixtures.ts'
import { bindingKind } from './kinds.ts'
import type { ProjectSettings } from './schema.ts'

const groups = [{ groupName: 'devs', role: 'edit' }] as const
const before = aProject({ groups })
const ready = aProject({ groups, status: readyStatus(before) })
const all = childrenAsMade(ready)

type Given = {
  readonly settings?: Live<ProjectSettings> | undefined
  readonly children?: readonly Live[]
  readonly managed?: readonly string[]
  readonly terminating?: readonly string[]
}

const found = async (given: Given) => {
  const { children = all, managed = ['team-a'], terminating = [] } = given
  const settings = 'settings' in given ? given.settings : ready
  const cluster = createMemoryCluster(children)
  const projects = {
    managed: new Set(managed),
    terminating: new Set(terminating),
    settings: new Map(settings ? [['team-a', settings] as const] : []),
  }
  const names: string[] = []
  for await (const { namespace, name } of dueProjects(portsOn(cluster), Promise.resolve(projects)))
    names.push(`${namespace}/${name}`)
  return names
}

const changed = (change: (metadata: Live['metadata']) => object) =>
  all.map((child) =>
    child.kind === bindingKind.kind ? { ...child, metadata: { ...child.metadata, ...change(child.metadata) } } : child,
  )

describe('a sweep finds a project', () => {
  it.each<[string, Given]>([
    ['that has no settings', { settings: undefined, children: [] }],
    ['that nobody has looked at', { settings: before }],
    ['whose settings changed unnoticed', { settings: { ...ready, metadata: { ...ready.metadata, generation: 2 } } }],
    ['that lost a binding', { children: all.slice(1) }],
    ['whose bindings lost their mark', { children: changed(() => ({ labels: {} })) }],
    ['whose bindings lost their owner', { children: changed(() => ({ ownerReferences: [] })) }],
    ['that has a dead letter', { settings: { ...ready, status: { ...ready.status, deadLetters: { count: 1 } } } }],
    ['whose label went unnoticed', { managed: [] }],
  ])('%s', async (_, given) => {
    expect(await found(given)).toEqual(['team-a/projectsettings'])
  })
})

describe('a sweep leaves alone a project', () => {
  it.each<[string, Given]>([
    ['that has all that it should', {}],
    ['whose namespace is being deleted', { terminating: ['team-a'], children: [] }],
    ['whose namespace is being deleted, and its settings have gone', { terminating: ['team-a'], settings: undefined }],
    ['that never was one', { managed: [], settings: before, children: [] }],
  ])('%s', async (_, given) => {
    expect(await found(given)).toEqual([])
  })
})

it('a project that no plan can be made for is looked into, and the others too', async () => {
  const broken = { ...ready, spec: { groupAccess: 5 } } as unknown as Live<ProjectSettings>
  expect(await found({ settings: broken, managed: ['team-a', 'team-b'] })).toEqual([
    'team-a/projectsettings',
    'team-b/projectsettings',
  ])
})

it('a list that fails is told', async () => {
  const due = dueProjects(portsOn(createMemoryCluster()), Promise.reject(new UnreachableError('no answer')))
  await expect(due.next()).rejects.toThrow('no answer')
})
