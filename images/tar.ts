import { buffer } from 'node:stream/consumers'
import { type Header, pack } from 'tar-stream'

/** A file, or a folder where there is no `content`. `path` is relative to the root, without `./` and without a `/` at its end. */
export type Entry =
  | { readonly path: string; readonly content: Uint8Array | string; readonly isExecutable?: boolean }
  | { readonly path: string; readonly isForAll?: boolean }

/**
 * A tar of these entries and of the folders that they are in, the same byte for byte for the same entries in whatever order: sorted,
 * owned by root, readable by all, writable by none but the owner, and by all in a folder that is for all. Throws for a path given twice.
 */
export const tarOf = async (entries: readonly Entry[], mtime: Date): Promise<Buffer> => {
  const folders = new Set(entries.flatMap(({ path }) => foldersOf(path)))
  const all = [
    ...entries,
    ...[...folders].filter((folder) => !entries.some(({ path }) => path === folder)).map((path): Entry => ({ path })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1))
  const twice = all.find(({ path }, at) => path === all[at + 1]?.path)
  if (twice) throw new Error(`tar: ${twice.path} is there twice`)
  const tar = pack()
  const whole = buffer(tar)
  for (const entry of all) {
    tar.entry({ ...headerOf(entry), uid: 0, gid: 0, mtime }, 'content' in entry ? Buffer.from(entry.content) : '')
  }
  tar.finalize()
  return whole
}

const headerOf = (entry: Entry): Partial<Header> & Pick<Header, 'name'> => {
  if ('content' in entry) return { name: entry.path, type: 'file', mode: entry.isExecutable ? 0o755 : 0o644 }
  const isForAll = 'isForAll' in entry && entry.isForAll
  return { name: `${entry.path}/`, type: 'directory', mode: isForAll ? 0o1777 : 0o755 }
}

const foldersOf = (path: string): readonly string[] => {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'))
}
