import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDirectory } from '../cluster/cache.ts'
import { writeKubeconfig } from '../cluster/credentials.ts'
import { beginOf } from './begin-of.ts'
import type { Enclosure } from './enclosure.ts'
import { forward } from './forward.ts'

/** The platform that `npm run platform -- up` keeps, of which a user has at most one. */
export type Kept = {
  /** Of the process that holds it, and when it began: the file outlives both, and a pid comes again. */
  readonly pid: number
  readonly began: string
  readonly dir: string
  /** Those of its enclosure. */
  readonly namespaces: readonly string[]
  /** Reaches it from outside, through a port of this machine. */
  readonly kubeconfig: string
}

const file = (name: string): string => join(cacheDirectory(), name)
const stateFile = (): string => file('platform.json')

/** The platform that is up; undefined when there is none, or when its process has died. */
export function keptPlatform(): Kept | undefined {
  if (!existsSync(stateFile())) return undefined
  const kept = JSON.parse(readFileSync(stateFile(), 'utf8')) as Kept // announce wrote it
  return isRunning(kept) ? kept : undefined
}

/** Starts a process that holds a platform and outlives this one; resolves when it is ready, telling how it goes. */
export async function holdInBackground(script: string): Promise<Kept> {
  mkdirSync(cacheDirectory(), { recursive: true })
  rmSync(stateFile(), { force: true })
  const logFile = file('platform.log')
  const log = openSync(logFile, 'w')
  const child = spawn(process.execPath, [script, 'hold'], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  let isOver = false
  child.once('exit', () => {
    isOver = true
  })
  let told = 0
  for (;;) {
    const text = readFileSync(logFile, 'utf8')
    process.stderr.write(text.slice(told))
    told = text.length
    const kept = keptPlatform()
    if (kept) {
      child.unref()
      return kept
    }
    if (isOver) throw new Error(`the platform did not start; see ${logFile}`)
    await sleep(200)
  }
}

/** Makes the platform of this enclosure the one that is up, as soon as it is ready, and no more when it ends. */
export async function announce({ dir, namespaces, exited }: Enclosure): Promise<void> {
  const isReady = (): boolean => existsSync(join(dir, 'api.sock'))
  let isOver = false
  void exited.then(() => {
    isOver = true
    rmSync(stateFile(), { force: true })
  })
  while (!isReady()) {
    if (isOver) return
    await sleep(200)
  }
  const server = await forward({ host: '127.0.0.1', port: 0 }, { path: join(dir, 'api.sock') })
  const { port } = server.address() as AddressInfo // it listens on TCP
  const access = JSON.parse(readFileSync(join(dir, 'platform.json'), 'utf8')) as { caFile: string; adminToken: string }
  const kubeconfig = writeKubeconfig(file('platform.kubeconfig'), {
    server: `https://127.0.0.1:${port}`,
    caFile: access.caFile,
    token: access.adminToken,
    tlsServerName: 'kubernetes.default.svc',
  })
  const kept: Kept = {
    pid: process.pid,
    began: beginOf(process.pid) ?? '',
    dir,
    namespaces: await namespaces,
    kubeconfig,
  }
  writeFileSync(stateFile(), JSON.stringify(kept))
}

/** Ends it; resolves when its process is gone, which is after everything else of it. */
export async function release(kept: Kept): Promise<void> {
  process.kill(kept.pid, 'SIGTERM')
  while (isRunning(kept)) await sleep(100)
}

// An older file says nothing of when it began, and the process is gone.
const isRunning = ({ pid, began }: Pick<Kept, 'pid'> & Partial<Kept>): boolean =>
  began !== undefined && beginOf(pid) === began
