import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** Arguments as on a command line; the last may be what kubectl reads from `-f -`. */
export type KubectlArgs = readonly string[] | readonly [...string[], Input]

type Input = { readonly stdin: string }

export type Kubectl = (...args: KubectlArgs) => Promise<string>

/** Gives a kubectl that returns its standard output, and throws with its standard error when it fails. */
export function kubectlWith(command: string, kubeconfig: string, cacheDir: string): Kubectl {
  return async (...args) => {
    const all: readonly (string | Input)[] = args
    const words = all.filter((arg) => typeof arg === 'string')
    const input = all.find((arg) => typeof arg !== 'string')
    const child = spawn(command, [`--kubeconfig=${kubeconfig}`, `--cache-dir=${cacheDir}`, ...words])
    const exitCode = new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve)
      child.once('error', (cause) => reject(new Error(`run ${command}: cannot be started`, { cause })))
    })
    child.stdin.on('error', () => undefined) // it may end without having read all; its exit code says why
    child.stdin.end(input?.stdin)
    const [code, output, complaint] = await Promise.all([exitCode, text(child.stdout), text(child.stderr)])
    if (code !== 0) throw new Error(`kubectl ${words.join(' ')}: exit code ${code}: ${complaint.trim()}`)
    return output
  }
}
