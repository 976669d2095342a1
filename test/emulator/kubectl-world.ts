import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { createApiServer } from '#emulator/api-server/server.ts'
import type { User } from '#emulator/api-server/types.ts'
import { type Client, clientOf } from '#emulator/client.ts'
import { adminUser, type Edge, startEdge } from '#emulator/host/edge.ts'
import { realWorld as world } from '#emulator/host/real-world.ts'
import { serviceAccountTokens } from '#emulator/host/tokens.ts'
import type { LogLine } from '#emulator/pod-runner.ts'
import { outputOf, type Ran, type Running, startKubectl } from './kubectl.ts'

const crdFile = join(import.meta.dirname, '../../crds/agenticsessions.vteam.ambient-code.yaml')

export type KubectlWorld = {
  readonly edge: Edge
  readonly admin: Client
  /** Makes a namespace for one test. */
  readonly namespace: (name: string) => string
  /** Arguments as on a command line; an object is what it reads from `-f -`. */
  readonly kubectl: (command: string, options?: Options) => Promise<Ran>
  /** Its output, from a kubectl that ends well. */
  readonly output: (command: string, options?: Options) => Promise<string>
  readonly start: (command: string, options?: Options) => Running
  /** Media types of the bodies that came so far. */
  readonly bodies: ReadonlySet<string>
  /** Appends a line to the log of every container of this name. */
  readonly log: (container: string, line: string) => void
  readonly close: () => Promise<void>
}

export type Options = {
  readonly stdin?: object
  readonly as?: User
  readonly env?: Readonly<Record<string, string>>
}

/** The embedded API server behind HTTPS with the project's CRD, and a kubectl for it. No controllers: the test writes statuses. */
export async function startKubectlWorld(command: string): Promise<KubectlWorld> {
  const tokens = serviceAccountTokens('secret')
  const lines = new Map<string, LogLine[]>()
  const listeners = new Map<string, Set<(line: LogLine) => void>>()
  const linesOf = (container: string): LogLine[] => lines.get(container) ?? []
  const server = createApiServer({
    world,
    signToken: tokens.sign,
    logs: (_, container) => ({
      lines: () => linesOf(container),
      onLine: (listener) => {
        const all = listeners.get(container) ?? new Set()
        listeners.set(container, all.add(listener))
        return () => void all.delete(listener)
      },
    }),
  })
  const bodies = new Set<string>()
  const api: typeof server = {
    ...server,
    handle: (request) => {
      if (request.body !== undefined) bodies.add(request.headers['content-type'] ?? '')
      return server.handle(request)
    },
  }
  const admin = clientOf(server, adminUser)
  admin.create(
    { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' },
    parse(readFileSync(crdFile, 'utf8')) as Parameters<Client['create']>[1],
  )
  const edge = await startEdge({ api, world, tokens })
  const dir = mkdtempSync(join(tmpdir(), 'dormouse-kubectl-'))
  const configs = new Map<string, string>()
  const configOf = (user: User): string => {
    const known = configs.get(user.name) ?? join(dir, `${configs.size}.kubeconfig`)
    if (!configs.has(user.name)) writeFileSync(known, edge.kubeconfig(user), { mode: 0o600 })
    configs.set(user.name, known)
    return known
  }
  const children = new Set<ChildProcess>()

  const start: KubectlWorld['start'] = (given, { stdin, as = adminUser, env } = {}) => {
    const cacheDir = join(dir, 'cache')
    const { child, ...running } = startKubectl(command, given, { kubeconfig: configOf(as), cacheDir, stdin, env })
    children.add(child)
    void running.ended.then(() => children.delete(child))
    return running
  }
  const kubectl: KubectlWorld['kubectl'] = (given, options) => start(given, options).ended

  return {
    edge,
    admin,
    bodies,
    start,
    kubectl,
    output: async (given, options) => outputOf(given, await kubectl(given, options)),
    namespace: (name) => {
      admin.create({ apiVersion: 'v1', plural: 'namespaces' }, { metadata: { name } })
      admin.create({ apiVersion: 'v1', plural: 'serviceaccounts' }, { metadata: { name: 'default', namespace: name } })
      return name
    },
    log: (container, line) => {
      const entry = { at: world.now(), text: line }
      lines.set(container, [...linesOf(container), entry])
      for (const listener of listeners.get(container) ?? []) listener(entry)
    },
    close: async () => {
      for (const child of children) child.kill()
      await edge.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
