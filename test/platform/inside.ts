import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory } from '../cluster/cache.ts'
import { serveControl } from './control.ts'
import { forward } from './forward.ts'
import { rememberFresh } from './leftover-objects.ts'
import { NODE_IP } from './machine.ts'
import { PLATFORM_VARIABLE, type PlatformStart, startPlatform, thePlatform } from './platform.ts'

/**
 * The first program of an enclosure: starts the platform in `$DORMOUSE_PLATFORM`, of what its `start.json` says,
 * and runs the command of its arguments on it; without one it stays until it is killed.
 */
const dir = process.env[PLATFORM_VARIABLE] ?? ''
const [command, ...args] = process.argv.slice(2)

let code = 1
try {
  const start = JSON.parse(readFileSync(join(dir, 'start.json'), 'utf8')) as Pick<PlatformStart, 'parts' | 'began'> // main.ts wrote it
  const supervisor = await startPlatform({ dir, ...start, onProgress: say })
  await rememberFresh(thePlatform())
  await serveControl(dir, supervisor)
  await forward({ path: join(dir, 'api.sock') }, { host: NODE_IP, port: 6443 })
  code = command === undefined ? await new Promise<number>(() => undefined) : await exitCodeOf(command)
  const ended = supervisor.failures()
  if (ended.length > 0) {
    say(`ended before the tests did: ${ended.join(', ')}`)
    code ||= 1
  }
} catch (error) {
  say(error instanceof Error ? `${error.stack}${error.cause ? `\ncause: ${error.cause}` : ''}` : String(error))
}
if (process.env['KEEP'] === '1') keepLogs()
process.exit(code) // the services still run, and end with this

function exitCodeOf(file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (exitCode) => resolve(exitCode ?? 1))
  })
}

function keepLogs(): void {
  const kept = join(cacheDirectory(), 'platform-logs')
  rmSync(kept, { recursive: true, force: true })
  mkdirSync(kept, { recursive: true })
  for (const name of ['logs', 'pod-logs', 'audit.log']) {
    if (existsSync(join(dir, name))) cpSync(join(dir, name), join(kept, name), { recursive: true })
  }
  say(`logs kept in ${kept}`)
}

function say(line: string): void {
  process.stderr.write(`platform: ${line}\n`)
}
