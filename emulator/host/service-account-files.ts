import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a Pod reaches the API server, and as whom. */
export type Credentials = {
  readonly token: string
  /** A certificate, as PEM. */
  readonly ca: string
  readonly namespace: string
  readonly host: string
  readonly port: number
  /** After which they are asked for again, and the files written anew. */
  readonly renewAfterMs?: number
}

/** The files that the kubelet mounts. Written beside and renamed, so that a reader never sees half a token. */
export function writeCredentials(directory: string, { token, ca, namespace }: Credentials): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const [name, content] of Object.entries({ token, 'ca.crt': ca, namespace })) {
    const file = join(directory, name)
    writeFileSync(`${file}.new`, content, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
}

export const removeCredentials = (directory: string): void => rmSync(directory, { recursive: true, force: true })
