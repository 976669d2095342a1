import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { beginOf } from './begin-of.ts'
import { keptPlatform, release } from './kept.ts'

describe('the platform that is up', () => {
  let cache: string
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'dormouse-kept-'))
    vi.stubEnv('DORMOUSE_CACHE', cache)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(cache, { recursive: true, force: true })
  })

  const holder = async () => {
    const child = spawn('sleep', ['1000'])
    await once(child, 'spawn')
    return { child, pid: child.pid ?? 0 }
  }
  const write = (pid: number, began: string | undefined): void =>
    writeFileSync(join(cache, 'platform.json'), JSON.stringify({ pid, began, dir: cache, kubeconfig: '' }))

  test('is that of its file as long as the process that wrote it runs, and ends with it', async () => {
    const { child, pid } = await holder()
    write(pid, beginOf(pid))
    const kept = keptPlatform()
    expect(kept?.pid).toBe(pid)
    if (kept) await release(kept)
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGTERM')
    expect(keptPlatform()).toBeUndefined()
  })

  test('is none where another process has got the pid since, which is left alone', async () => {
    const { child, pid } = await holder()
    const [boot, ticks] = (beginOf(pid) ?? '').split(' ')
    for (const began of [`${boot} ${Number(ticks) - 1}`, `another-boot ${ticks}`, undefined]) {
      write(pid, began)
      expect(keptPlatform()).toBeUndefined()
    }
    child.kill()
    await once(child, 'exit')
    write(pid, undefined) // as older versions wrote it
    expect(keptPlatform()).toBeUndefined()
  })
})
