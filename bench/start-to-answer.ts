import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '#emulator/host/free-ports.ts'

/** What this Node is started with. */
export type Program = { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

export type HttpEvent = { readonly headers: Readonly<Record<string, string>>; readonly body: string }

const POLL_MS = 1
const LIMIT_MS = 30_000

/** From the spawn to the 204 for an event, which is sent as soon as the port takes connections; and the resident memory then. */
export const startToAnswer = async (
  program: Program,
  event: HttpEvent,
): Promise<{ readonly ms: number; readonly mebibytes: number }> => {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const start = performance.now()
  const child = launch(program, { PORT: String(port), METRICS_PORT: String(metricsPort) })
  try {
    for (;;) {
      const status = await post(port, event)
      const ms = performance.now() - start
      if (status === 204) return { ms, mebibytes: await residentMebibytes(child) }
      if (status !== undefined || child.exitCode !== null || ms > LIMIT_MS) {
        throw new Error(`start ${program.args.join(' ')}: answered ${status ?? 'nothing'} after ${Math.round(ms)} ms`)
      }
      await pause(POLL_MS)
    }
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

/** From the spawn to the exit, which must be with code 0. */
export const startToExit = async (program: Program): Promise<number> => {
  const metricsPort = await freePort()
  const start = performance.now()
  const [code] = await once(launch(program, { METRICS_PORT: String(metricsPort) }), 'exit')
  if (code !== 0) throw new Error(`start ${program.args.join(' ')}: ended with code ${code}`)
  return performance.now() - start
}

const launch = ({ args, env }: Program, ports: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, args, { env: { ...env, ...ports }, stdio: ['ignore', 'ignore', 'inherit'] })

/** The status, or `undefined` while nobody listens. */
const post = (port: number, { headers, body }: HttpEvent): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method: 'POST', path: '/', headers, agent: false })
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error),
    )
    outgoing.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)))
    outgoing.end(body)
  })

const residentMebibytes = async ({ pid }: ChildProcess): Promise<number> => {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])
  return Number(stdout) / 1024
}
