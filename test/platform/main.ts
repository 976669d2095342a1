import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { ticksNow } from './begin-of.ts'
import { memoryBytes, processesIn } from './cgroups.ts'
import { type Enclosure, enclose, enclosureDirectory } from './enclosure.ts'
import { announce, holdInBackground, keptPlatform, release } from './kept.ts'
import { leftoversOf, listed, type Remembered } from './leftovers.ts'
import { ensureParts } from './parts.ts'
import { PLATFORM_VARIABLE } from './platform.ts'
import { requireSuitableMachine } from './requirements.ts'

const USAGE = `usage: npm run test:platform -- [VITEST ARGUMENT...]
       npm run platform -- build | up | down | status | kubeconfig | run COMMAND... | with COMMAND...`

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
const PARENT_POLL_MS = 500

/** Runs a command on a fresh platform; resolves with its exit code, or 1 when something of the platform is left. */
async function onFresh(command: readonly string[]): Promise<number> {
  await requireSuitableMachine()
  const kept = keptPlatform()
  if (kept) say(`another platform is up (${kept.dir}); this one runs beside it and leaves it alone`)
  const enclosure = await start(command)
  endWithParent(enclosure)
  return ended(enclosure)
}

async function start(command: readonly string[]): Promise<Enclosure> {
  await ensureParts()
  const began = Date.now() // with everything built, as every time but the first
  const parts = await ensureParts()
  const dir = enclosureDirectory()
  writeFileSync(join(dir, 'start.json'), JSON.stringify({ parts, began }))
  const enclosure = enclose({
    dir,
    command: [process.execPath, join(import.meta.dirname, 'inside.ts'), ...command],
    env: { [PLATFORM_VARIABLE]: dir, PATH: pathWithTools() },
  })
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      say(`${signal}: ending the platform`)
      process.exitCode = code
      void enclosure.close()
    })
  }
  return enclosure
}

// Root's PATH does not always have what root alone uses.
function pathWithTools(): string {
  const { PATH = '' } = process.env
  return [PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter)
}

async function ended(enclosure: Enclosure): Promise<number> {
  const code = await enclosure.exited
  const { namespaces, endedAt } = enclosure
  return sayWhatIsLeft({ ...enclosure, namespaces: await namespaces, endedAt: await endedAt }) ? code : 1
}

/** Answers whether it is nothing. */
function sayWhatIsLeft(ended: Remembered): boolean {
  const { all, counts } = listed(leftoversOf(ended))
  say(`left of it: ${counts}`)
  if (all.length > 0) say(`LEFT BEHIND:\n${all.join('\n')}`)
  return all.length === 0
}

// npm that is killed takes no children with it: whoever has become the parent then does not want us.
function endWithParent(enclosure: Enclosure): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    void enclosure.close()
  }, PARENT_POLL_MS)
  void enclosure.exited.then(() => clearInterval(timer))
}

async function up(): Promise<number> {
  await requireSuitableMachine()
  const kept = keptPlatform()
  if (kept) throw new Error(`a platform is up already, in ${kept.dir}; \`npm run platform -- down\` ends it`)
  await ensureParts()
  const { kubeconfig } = await holdInBackground(import.meta.filename)
  say(`up; kubectl --kubeconfig ${kubeconfig} get pods -A`)
  return 0
}

async function hold(): Promise<number> {
  const enclosure = await start([])
  await announce(enclosure)
  return ended(enclosure)
}

async function down(): Promise<number> {
  const kept = keptPlatform()
  if (!kept) {
    say('none is up')
    return 0
  }
  const endedAt = ticksNow() // it does as soon as it is told to
  await release(kept)
  say('down')
  return sayWhatIsLeft({ ...kept, name: basename(kept.dir), endedAt }) ? 0 : 1
}

function status(): number {
  const kept = keptPlatform()
  if (!kept) {
    console.log('down')
    return 3 // as `systemctl status` has it
  }
  const memory = memoryBytes(basename(kept.dir)) ?? 0
  const { timings } = JSON.parse(readFileSync(join(kept.dir, 'platform.json'), 'utf8')) as {
    timings: { ready: number }
  }
  console.log(`up in ${kept.dir}, held by process ${kept.pid}`)
  console.log(
    `ready after ${timings.ready.toFixed(1)} s; ${(memory / 2 ** 30).toFixed(1)} GiB of memory, file cache included`,
  )
  console.log(`kubeconfig: ${kept.kubeconfig}`)
  return 0
}

/** Runs a command in the mounts, processes and network of the platform that is up. */
function runInKept(command: readonly string[]): number {
  const { dir } = mustBeUp()
  const isFirst = (pid: number): boolean =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('/inside.ts') ?? false
  const pid = processesIn(basename(dir)).find(isFirst)
  const { kubeconfig, bin } = JSON.parse(readFileSync(join(dir, 'platform.json'), 'utf8')) as {
    kubeconfig: string
    bin: string
  }
  const { PATH } = process.env
  const env = { ...process.env, [PLATFORM_VARIABLE]: dir, KUBECONFIG: kubeconfig, PATH: `${bin}:${PATH}` }
  const flags = ['--target', String(pid), '--mount', '--pid', '--net', '--ipc', `--wd=${process.cwd()}`]
  return spawnSync('nsenter', [...flags, ...command], { stdio: 'inherit', env }).status ?? 1
}

function mustBeUp() {
  const kept = keptPlatform()
  if (!kept) throw new Error('no platform is up; `npm run platform -- up` starts one')
  return kept
}

async function main([verb, ...rest]: readonly string[]): Promise<number> {
  switch (verb) {
    case 'test':
      return onFresh([process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'platform', ...rest])
    case 'with':
      return onFresh(rest)
    case 'build':
      await ensureParts()
      return 0
    case 'up':
      return up()
    case 'hold':
      return hold()
    case 'down':
      return down()
    case 'status':
      return status()
    case 'kubeconfig':
      console.log(mustBeUp().kubeconfig)
      return 0
    case 'run':
      return runInKept(rest)
    default:
      console.error(USAGE)
      return 2
  }
}

function say(line: string): void {
  process.stderr.write(`platform: ${line}\n`)
}

try {
  const code = await main(process.argv.slice(2))
  process.exit(process.exitCode ?? code)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
