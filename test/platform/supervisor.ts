import { join } from 'node:path'
import { type RunningProcess, startProcess } from '../cluster/process.ts'

export type Service = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Default: it is taken for ready as soon as it runs. */
  readonly isReady?: () => Promise<boolean>
  /** Default 60. */
  readonly startSeconds?: number
}

/** SIGKILL is a crash; SIGTERM lets it end in its own way. */
export type EndSignal = 'SIGTERM' | 'SIGKILL'

export type Supervisor = {
  /** Resolves when it is ready; throws with the end of its log. */
  readonly start: (service: Service) => Promise<void>
  /** Ends a service and starts it again with the same command line; resolves when it is ready. */
  readonly restart: (name: string, signal: EndSignal) => Promise<void>
  /** Those that have been started and run no more, with how they ended. */
  readonly failures: () => readonly string[]
}

const START_SECONDS = 60
const GRACE_SECONDS = 30

/** Runs the services of one node; each has its log in `logDir`. `path` is their PATH. */
export function createSupervisor(logDir: string, path: string): Supervisor {
  const running = new Map<string, { readonly service: Service; readonly process: RunningProcess }>()
  const env = { PATH: path, HOME: '/root' }

  const start = async (service: Service): Promise<void> => {
    const { name, command, args, isReady, startSeconds = START_SECONDS } = service
    const process = await startProcess({ name, command, args, logFile: join(logDir, `${name}.log`), env })
    running.set(name, { service, process })
    if (isReady) await process.ready(isReady, startSeconds)
  }
  return {
    start,
    restart: async (name, signal) => {
      const found = running.get(name)
      if (!found) throw new Error(`restart ${name}: there are only ${[...running.keys()].join(', ')}`)
      await (signal === 'SIGKILL' ? found.process.kill() : found.process.stop(GRACE_SECONDS))
      await start(found.service)
    },
    failures: () =>
      [...running.values()].filter(({ process }) => !process.isRunning()).map(({ service }) => service.name),
  }
}
