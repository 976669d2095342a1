import { once } from 'node:events'
import { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { type Entry, tarOf } from './tar.ts'

const EPOCH = new Date(0)

const headersOf = async (tar: Buffer): Promise<readonly Header[]> => {
  const headers: Header[] = []
  const reader = extract()
  reader.on('entry', (header, stream, next) => {
    headers.push(header)
    stream.resume().on('end', next)
  })
  Readable.from([tar]).pipe(reader)
  await once(reader, 'finish')
  return headers
}

const entries: readonly Entry[] = [
  { path: 'tmp', isForAll: true },
  { path: 'nodejs/bin/node', content: Buffer.from([0x7f, 0x45]), isExecutable: true },
  { path: 'app/main.cjs', content: 'run()' },
]

describe('a tar', () => {
  test('is the same for the same entries in another order', async () => {
    expect(await tarOf(entries.toReversed(), EPOCH)).toEqual(await tarOf(entries, EPOCH))
  })

  test('has every folder before what is in it', async () => {
    const names = (await headersOf(await tarOf(entries, EPOCH))).map(({ name }) => name)
    expect(names).toEqual(['app/', 'app/main.cjs', 'nodejs/', 'nodejs/bin/', 'nodejs/bin/node', 'tmp/'])
  })

  test('is owned by root, and lets all write to nothing but a folder for all', async () => {
    const headers = await headersOf(await tarOf(entries, EPOCH))
    expect(headers.flatMap(({ uid, gid }) => [uid, gid])).toEqual(headers.flatMap(() => [0, 0]))
    const modes = Object.fromEntries(headers.map(({ name, mode = 0 }) => [name, mode.toString(8)]))
    expect(modes).toMatchObject({ 'app/': '755', 'app/main.cjs': '644', 'nodejs/bin/node': '755', 'tmp/': '1777' })
  })

  test('has one time, the given one', async () => {
    const headers = await headersOf(await tarOf(entries, new Date(1_700_000_000_000)))
    expect(new Set(headers.map(({ mtime }) => mtime?.getTime()))).toEqual(new Set([1_700_000_000_000]))
  })

  test('keeps names that are longer than its first format allowed', async () => {
    const path = `${'long/'.repeat(60)}file`
    expect((await headersOf(await tarOf([{ path, content: '' }], EPOCH))).at(-1)?.name).toBe(path)
  })

  test('refuses a path that is there twice', async () => {
    const twice = tarOf([...entries, { path: 'app/main.cjs', content: 'other()' }], EPOCH)
    await expect(twice).rejects.toThrow('app/main.cjs is there twice')
  })
})
