import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { Component } from './components.ts'

const run = promisify(execFile)
const OLDEST_MINOR = 26
const STILL_AT_IT_MS = 15_000

/** Answers what `go version` says, or undefined when there is no Go of at least 1.26. */
export async function usableGo(): Promise<string | undefined> {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION'])
    const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1])
    return minor >= OLDEST_MINOR ? stdout.trim() : undefined
  } catch {
    return undefined
  }
}

/** Changes with all that decides what is built, save Go's own version. */
export function fingerprint({ moduleDir, package: path, ldflags = '', cgoTags = '' }: Component): string {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum', 'main.go'].map((name) => join(moduleDir, name)))
    if (existsSync(file)) hash.update(readFileSync(file))
  hash.update(`${path} ${ldflags}${cgoTags} ${process.platform} ${process.arch}`)
  return hash.digest('hex').slice(0, 12)
}

/** Compiles a component into `file`, telling `onProgress` every 15 seconds for how long; throws with Go's complaint. */
export async function build(component: Component, file: string, onProgress: (seconds: number) => void): Promise<void> {
  const ldflags = ['-s', '-w', component.ldflags].filter(Boolean).join(' ')
  const tags = component.cgoTags === undefined ? [] : ['-tags', component.cgoTags]
  const args = ['build', '-trimpath', '-mod=readonly', ...tags, '-ldflags', ldflags, '-o', file, component.package]
  const started = Date.now()
  const env = goEnvironment(component.cgoTags === undefined ? '0' : '1')
  const go = spawn('go', args, { cwd: component.moduleDir, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const exitCode = new Promise<number | null>((resolve, reject) => go.once('close', resolve).once('error', reject))
  const timer = setInterval(() => onProgress(Math.round((Date.now() - started) / 1000)), STILL_AT_IT_MS)
  try {
    const [code, complaint] = await Promise.all([exitCode, text(go.stderr)])
    if (code !== 0)
      throw new Error(`go ${args.join(' ')} in ${component.moduleDir}: exit code ${code}: ${complaint.trim()}`)
  } finally {
    clearInterval(timer)
  }
}

export function goEnvironment(cgo: '0' | '1' = '0'): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: cgo, GOWORK: 'off', GOFLAGS: '' }
}
