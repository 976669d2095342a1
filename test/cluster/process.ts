import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Guard } from '#emulator/host/guard.ts'

export type RunningProcess = {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  readonly isRunning: () => boolean
  /** Resolves when the process is gone, with how it ended: `exit code 1`, `SIGKILL`. */
  readonly exited: Promise<string>
  /** Resolves when `isReady` first answers true; throws with the end of the log when the process ends or time is up. */
  readonly ready: (isReady: () => Promise<boolean> | boolean, timeoutSeconds: number) => Promise<void>
  /** SIGKILL; resolves when it is gone. Safe to repeat. */
  readonly kill: () => Promise<void>
  /** SIGTERM, and SIGKILL after `graceSeconds` (5); resolves when it is gone. Safe to repeat. */
  readonly stop: (graceSeconds?: number) => Promise<void>
}

export type ProcessStart = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly logFile: string
  /** None where a namespace of processes ends them all with its first. */
  readonly guard?: Guard
  readonly env?: Readonly<Record<string, string>>
}

const LOG_LINES = 15
const POLL_MS = 50

/** Starts a process whose output is appended to `logFile`; throws when the command cannot be run. */
export async function startProcess({
  name,
  command,
  args,
  logFile,
  guard,
  env,
}: ProcessStart): Promise<RunningProcess> {
  const log = openSync(logFile, 'a')
  // A group of its own: a Ctrl-C in the terminal is for the test, which ends its processes in order.
  const child = spawn(command, [...args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: env ?? process.env,
  })
  closeSync(log)
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid as number)) // 'spawn' is only emitted once there is a pid
    child.once('error', (cause) => reject(new Error(`start ${name}: cannot run ${command}`, { cause })))
  })
  guard?.watch(pid)
  let end: string | undefined
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      end = signal ?? `exit code ${code}`
      guard?.release(pid)
      resolve(end)
    })
  })

  const ready: RunningProcess['ready'] = async (isReady, timeoutSeconds) => {
    const deadline = Date.now() + timeoutSeconds * 1000
    while (!(await isReady())) {
      if (end !== undefined) throw new Error(`${name} ended (${end}) before it was ready; ${tail(logFile)}`)
      if (Date.now() > deadline) throw new Error(`${name} is not ready after ${timeoutSeconds} s; ${tail(logFile)}`)
      await sleep(POLL_MS)
    }
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  const stop = async (graceSeconds = 5): Promise<void> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), graceSeconds * 1000)
    await exited
    clearTimeout(timer)
  }
  return { name, pid, logFile, isRunning: () => end === undefined, exited, ready, kill, stop }
}

function tail(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES)
  return `the end of ${file}:\n${lines.join('\n')}`
}
