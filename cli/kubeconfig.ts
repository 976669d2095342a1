import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * What KUBECONFIG has to be for a chosen file and context. Of several files the first that names a current context decides it for
 * kubectl, the last for @kubernetes/client-node: a file that says nothing else stands at both ends.
 */
export const kubeconfigFor = (
  { kubeconfig, context }: { readonly kubeconfig?: string | undefined; readonly context?: string | undefined },
  env: NodeJS.ProcessEnv,
): string => {
  const files = kubeconfig || env['KUBECONFIG'] || join(homedir(), '.kube/config')
  const missing = files.split(delimiter).filter((file) => file !== '' && !existsSync(file))
  if (missing.length > 0)
    throw new Error(`there is no kubeconfig ${missing.join(', ')}; name one with --kubeconfig or KUBECONFIG`)
  if (context === undefined) return files
  const directory = mkdtempSync(join(tmpdir(), 'dormouse-context-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'config')
  const chosen = { apiVersion: 'v1', kind: 'Config', clusters: [], contexts: [], users: [], 'current-context': context }
  writeFileSync(file, JSON.stringify(chosen), { mode: 0o600 })
  return [file, files, file].join(delimiter)
}
