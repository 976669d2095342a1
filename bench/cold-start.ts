import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { newSession, readyJob, runningSession } from './events.ts'
import { type Figure, medianOf } from './report.ts'
import { type HttpEvent, type Program, startToAnswer, startToExit } from './start-to-answer.ts'
import { type StubApiServer, startStubApiServer } from './stub-api-server.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

const ROUNDS = 15
/** The first rounds fill the file system's caches. */
const DISCARDED = 2

const TIME_GOAL = 3
const MEMORY_GOAL = 1.8

type Subject = {
  readonly name: string
  readonly args: readonly string[]
  /** Absent for a sweep, which ends by itself. */
  readonly event?: HttpEvent
  readonly asksApiServer: boolean
  readonly hasGoal: boolean
}

const subjectsIn = (dist: string): readonly Subject[] => {
  const bundled = (name: string) => join(dist, name, 'main.cjs')
  const unbundled = join(root, 'runtime/main.ts')
  const asking = { asksApiServer: true, hasGoal: true }
  const session = 'on-session-event'
  const job = 'on-job-event'
  return [
    { name: session, args: [bundled(session)], event: newSession, ...asking },
    { name: job, args: [bundled(job)], event: readyJob, ...asking },
    { name: 'on-dead-letter', args: [bundled('on-dead-letter')], event: newSession, ...asking },
    { name: 'timeout-sweeper --once', args: [bundled('timeout-sweeper'), '--once'], ...asking },
    {
      name: `${session}, ignored event`,
      args: [bundled(session)],
      event: runningSession,
      asksApiServer: false,
      hasGoal: false,
    },
    { name: `${session}, unbundled`, args: [unbundled, session], event: newSession, ...asking, hasGoal: false },
    { name: `${job}, unbundled`, args: [unbundled, job], event: readyJob, ...asking, hasGoal: false },
  ]
}

/**
 * From the start of a process to its first answered event (a sweep: to its end), and its resident memory then, beside a bare
 * node:http server. The functions ask an API server over TLS, with a Pod's credentials, about an object that is not there. The bundles are
 * made anew, and run from another directory, as in an image.
 */
export const coldStart = async (): Promise<readonly Figure[]> => {
  await promisify(execFile)(process.execPath, [join(root, 'runtime/bundle.ts')])
  const directory = await mkdtemp(join(tmpdir(), 'dormouse-bench-'))
  const dist = join(directory, 'app')
  await cp(join(root, 'dist'), dist, { recursive: true })
  const apiServer = await startStubApiServer()
  try {
    return await measure(subjectsIn(dist), apiServer)
  } finally {
    await apiServer.close()
    await rm(directory, { recursive: true })
  }
}

type Samples = { readonly ms: number[]; readonly mebibytes: number[] }

const measure = async (subjects: readonly Subject[], apiServer: StubApiServer): Promise<readonly Figure[]> => {
  const bare: Program = { args: [join(root, 'bench/bare-server.cjs')], env: {} }
  const baseline: Samples = { ms: [], mebibytes: [] }
  const samples = subjects.map((subject) => ({ subject, ms: [] as number[], mebibytes: [] as number[] }))
  for (let round = -DISCARDED; round < ROUNDS; round++) {
    keep(baseline, round, await startToAnswer(bare, newSession))
    for (const sample of samples) keep(sample, round, await start(sample.subject, apiServer))
  }
  return samples.flatMap(({ subject, ...sample }) => figuresOf(subject, sample, baseline))
}

const keep = (samples: Samples, round: number, { ms, mebibytes }: { ms: number; mebibytes?: number }) => {
  if (round < 0) return
  samples.ms.push(ms)
  if (mebibytes !== undefined) samples.mebibytes.push(mebibytes)
}

const start = async ({ name, args, event, asksApiServer }: Subject, apiServer: StubApiServer) => {
  const program = { args, env: apiServer.env }
  apiServer.requests()
  const measured = event ? await startToAnswer(program, event) : { ms: await startToExit(program) }
  const requests = apiServer.requests()
  if (requests > 0 !== asksApiServer) throw new Error(`${name}: asked the API server ${requests} times`)
  return measured
}

const figuresOf = ({ name, hasGoal }: Subject, { ms, mebibytes }: Samples, baseline: Samples): readonly Figure[] => {
  const time = { name: `cold-start/${name}/time`, value: medianOf(ms), unit: 'ms', baseline: medianOf(baseline.ms) }
  const figures: Figure[] = [{ ...time, ...(hasGoal && { goal: TIME_GOAL }) }]
  if (mebibytes.length > 0) {
    const base = medianOf(baseline.mebibytes)
    const memory = { name: `cold-start/${name}/memory`, value: medianOf(mebibytes), unit: 'MiB', baseline: base }
    figures.push({ ...memory, ...(hasGoal && { goal: MEMORY_GOAL }) })
  }
  return figures
}
