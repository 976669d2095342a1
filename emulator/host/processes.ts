import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { KubeObject } from '../api-server/types.ts'
import type { Container, ContainerReport, ContainerStart, PodRunner } from '../pod-runner.ts'
import { freePort } from './free-ports.ts'
import { type Guard, startGuard } from './guard.ts'
import { localRequests } from './local-request.ts'
import { createLogLines, type LogLines } from './log-lines.ts'
import { type Credentials, removeCredentials, writeCredentials } from './service-account-files.ts'

/** What to run for an image. Its `env` wins over the container's. */
export type LocalCommand = {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type ProcessRunnerOptions = {
  /** By image, as Pods name it. No entry, or `undefined` from it, is an image that cannot be pulled. */
  readonly images: Readonly<Record<string, (container: ContainerStart) => LocalCommand | undefined>>
  /** What takes time before the process starts, say a build. If it fails the image cannot be pulled, and that is why. */
  readonly prepare?: (container: ContainerStart) => Promise<void>
  /** `undefined` for a Pod that is to have none. */
  readonly credentials?: (pod: KubeObject) => Credentials | undefined
  /** Where the Pods' files are kept; it is made when needed. */
  readonly directory: string
}

export type ProcessRunner = PodRunner & {
  /** Kills what still runs, and resolves when it is gone. */
  readonly close: () => Promise<void>
}

/**
 * Runs containers as processes of this machine (POSIX), each in a process group of its own, with the container's environment and PATH, HOSTNAME, and
 * HOST and PORT to listen on: ports are per Pod in a cluster and per machine here. There are no namespaces, limits or volumes.
 */
export function processRunner(options: ProcessRunnerOptions): ProcessRunner {
  const running = new Map<ChildProcess, Promise<unknown>>()
  let isClosed = false
  let guard: Guard | undefined
  const killAll = (): void => {
    for (const child of running.keys()) killGroup(child)
  }
  const started = (child: ChildProcess): void => {
    if (isClosed) killGroup(child)
    if (running.size === 0) process.once('exit', killAll)
    guard ??= guardOf(options.directory)
    if (child.pid !== undefined) guard.watch(-child.pid)
    const end = new Promise((resolve) => child.once('exit', resolve)).then(() => {
      killGroup(child)
      if (child.pid !== undefined) guard?.release(-child.pid)
      running.delete(child)
      if (running.size === 0) process.removeListener('exit', killAll)
    })
    running.set(child, end)
  }
  return {
    start: (container, report) => startContainer(options, container, started, report),
    close: async () => {
      isClosed = true
      const ends = [...running.values()]
      killAll()
      await Promise.all(ends)
      await guard?.close()
      guard = undefined
    },
  }
}

/** Should this process be killed, its containers and their files go too. */
const guardOf = (directory: string): Guard => {
  const guard = startGuard()
  guard.keepClean(directory)
  return guard
}

/** Also what it started itself. */
const killGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

function startContainer(
  { images, prepare, credentials, directory }: ProcessRunnerOptions,
  container: ContainerStart,
  started: (child: ChildProcess) => void,
  report: (report: ContainerReport) => void,
): Container {
  const logs = createLogLines(Date.now)
  const { pod, name, image } = container
  const accountDirectory = join(directory, `${pod.metadata.uid}-${name}`)
  let child: ChildProcess | undefined
  let requests: ReturnType<typeof localRequests> | undefined
  let isStopped = false
  let renewal: NodeJS.Timeout | undefined
  let killing: NodeJS.Timeout | undefined

  const account = (): Readonly<Record<string, string>> => {
    const given = credentials?.(pod)
    if (!given) return {}
    writeCredentials(accountDirectory, given)
    if (given.renewAfterMs !== undefined) renewal = setTimeout(account, given.renewAfterMs).unref()
    const { host, port } = given
    return {
      SERVICE_ACCOUNT_DIRECTORY: accountDirectory,
      KUBERNETES_SERVICE_HOST: host,
      KUBERNETES_SERVICE_PORT: String(port),
    }
  }
  const ended = (end: ContainerReport): void => {
    clearTimeout(renewal)
    clearTimeout(killing)
    requests?.close()
    requests = undefined
    removeCredentials(accountDirectory)
    report(end)
  }
  const run = async (): Promise<void> => {
    const what = images[image]?.(container)
    try {
      if (!what) throw new Error(notFound(image))
      await prepare?.(container)
    } catch (error) {
      report({ state: 'waiting', reason: 'ErrImagePull', message: messageOf(error) })
      return
    }
    const port = await freePort()
    if (isStopped) {
      ended({ state: 'terminated', exitCode: 137, reason: 'Error' })
      return
    }
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOSTNAME: pod.metadata.name ?? '',
      ...container.env,
      ...account(),
      ...what.env,
      HOST: '127.0.0.1',
      PORT: String(port),
    }
    // Over its channel a function of Node's hears when we are gone.
    const process_ = spawn(what.command, what.args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    child = process_
    requests = localRequests(port)
    keep(process_, logs)
    process_.once('spawn', () => report({ state: 'running' }))
    process_.once('error', (error) => {
      if (process_.pid === undefined)
        ended({ state: 'terminated', exitCode: 128, reason: 'StartError', message: error.message })
    })
    if (process_.pid === undefined) return
    started(process_)
    process_.once('close', (code, signal) => ended(endOf(code, signal, container, logs)))
  }
  void Promise.resolve()
    .then(run)
    .catch((error: unknown) =>
      ended({ state: 'terminated', exitCode: 128, reason: 'StartError', message: messageOf(error) }),
    )

  return {
    stop: (graceSeconds) => {
      isStopped = true
      if (!child) return
      const running = child
      running.kill('SIGTERM')
      clearTimeout(killing)
      killing = setTimeout(() => killGroup(running), graceSeconds * 1000)
    },
    send: (request) =>
      requests?.send(request) ?? Promise.reject(new Error('dial tcp 127.0.0.1: connect: connection refused')),
    logs: logs.lines,
    onLog: logs.listen,
  }
}

function keep(child: ChildProcess, logs: LogLines): void {
  for (const stream of [child.stdout, child.stderr]) {
    const writer = logs.writer()
    stream?.on('data', writer.write)
    stream?.on('end', writer.end)
  }
}

/** In the words of containerd. */
function notFound(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = isHost ? image : `docker.io/${rest.length > 0 ? image : `library/${image}`}`
  const reference = /[:@][^/]+$/.test(path) ? path : `${path}:latest`
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`
}

function endOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  container: ContainerStart,
  logs: LogLines,
): ContainerReport {
  const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  const message = exitCode === 0 ? '' : terminationMessage(container, logs)
  return {
    state: 'terminated',
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(message !== '' && { message }),
  }
}

/** The kubelet takes 80 lines or 2048 bytes, what is less. There is no /dev/termination-log here. */
function terminationMessage({ pod, name }: ContainerStart, logs: LogLines): string {
  const { containers = [] } = pod['spec'] as {
    containers?: readonly { readonly name: string; readonly terminationMessagePolicy?: string }[]
  }
  const policy = containers.find((each) => each.name === name)?.terminationMessagePolicy
  if (policy !== 'FallbackToLogsOnError') return ''
  const text = logs
    .lines()
    .slice(-80)
    .map((line) => `${line.text}\n`)
    .join('')
  return Buffer.from(text).subarray(-2048).toString('utf8')
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
