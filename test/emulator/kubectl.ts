import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

/** Where kubectl is on this machine: in KUBEBUILDER_ASSETS or on the PATH. */
export function kubectlPath(): string | undefined {
  const { KUBEBUILDER_ASSETS = '', PATH = '' } = process.env
  return [KUBEBUILDER_ASSETS, ...PATH.split(delimiter)]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'kubectl'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** A kubectl that is still at it. */
export type Running = {
  /** Resolves with what it wrote, once that holds `wanted`; rejects when it ends before. */
  readonly until: (wanted: RegExp) => Promise<string>
  readonly ended: Promise<Ran>
  readonly stop: () => void
}

export type Options = {
  readonly kubeconfig: string
  readonly cacheDir: string
  readonly stdin?: object | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Starts kubectl with the words of a command line, quotes and all; an object is what it reads from `-f -`. */
export function startKubectl(
  command: string,
  given: string,
  { kubeconfig, cacheDir, stdin, env }: Options,
): Running & { readonly child: ChildProcess } {
  const words = given.match(/'[^']*'|\S+/g)?.map((word) => word.replace(/^'(.*)'$/, '$1')) ?? []
  const child = spawn(command, [`--kubeconfig=${kubeconfig}`, `--cache-dir=${cacheDir}`, ...words], {
    env: { ...process.env, ...env },
  })
  let seen = ''
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString()
  })
  child.stdin.on('error', () => undefined) // it may end without having read all
  child.stdin.end(stdin && JSON.stringify(stdin))
  const ended = Promise.all([text(child.stderr), once(child, 'close')]).then(([err, [code]]) => ({
    code: code as number | null,
    out: seen,
    err,
  }))
  const until = async (wanted: RegExp): Promise<string> => {
    while (!wanted.test(seen)) {
      const over = await Promise.race([once(child.stdout, 'data').then(() => undefined), ended])
      if (over && !wanted.test(seen))
        throw new Error(`kubectl ${given} wrote nothing like ${wanted}: ${seen}${over.err}`)
    }
    return seen
  }
  return { child, until, ended, stop: () => void child.kill() }
}

/** What it wrote; throws where it ended with another code than 0. */
export const outputOf = (given: string, { code, out, err }: Ran): string => {
  if (code !== 0) throw new Error(`kubectl ${given}: exit code ${code}: ${err}`)
  return out
}
