import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../samples/runner.mjs', import.meta.url))

const runners: ChildProcess[] = []
afterEach(() => {
  for (const runner of runners.splice(0)) runner.kill('SIGKILL')
})

const aRunner = (env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  runners.push(child)
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  let output = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (const look of waiting) look()
  })
  const says = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => output.includes(text) && resolve()
      waiting.add(look)
      look()
    })
  return { child, ended, says, output: () => output }
}

describe('the sample runner', () => {
  test('ends with the exit code of its environment, after the time of its environment', async () => {
    const { ended, output } = aRunner({ RUNNER_SECONDS: '0', RUNNER_EXIT_CODE: '3', INITIAL_PROMPT: 'Hello' })
    expect(await ended).toEqual([3, null])
    expect(output()).toBe('prompt: Hello\ngiving up with exit code 3\n')
  })

  test('stops when it is asked to', async () => {
    const { child, ended, says } = aRunner({ RUNNER_SECONDS: '600' })
    await says('prompt')
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
  })

  test('works on when it is asked to stop, where its environment makes it deaf', async () => {
    const { child, says } = aRunner({ RUNNER_SECONDS: '600', RUNNER_IGNORES_SIGTERM: 'true' })
    await says('prompt')
    child.kill('SIGTERM')
    await says('works on')
    child.kill('SIGTERM')
    await says('works on\nasked to stop, works on')
    expect(child.exitCode).toBeNull()
  })

  test('eats no memory where there is no limit to it', async () => {
    const { ended, output } = aRunner({ RUNNER_SECONDS: '0', RUNNER_FAULT: 'OOMKilled' })
    expect(await ended).toEqual([1, null])
    expect(output()).toContain('needs a memory limit')
  })
})
