import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Which rooms, besides itself, a room may import, and which packages. `types` are imported as types only. */
const rules: Readonly<
  Record<string, { rooms: readonly string[]; packages: 'any' | readonly string[]; types?: readonly string[] }>
> = {
  sdk: { rooms: [], packages: [], types: ['cloudevents', 'kubernetes-types'] },
  reconcilers: { rooms: ['sdk'], packages: [], types: ['json-schema-to-ts', 'kubernetes-types'] },
  functions: { rooms: ['sdk', 'reconcilers'], packages: [] },
  runtime: { rooms: ['sdk'], packages: 'any' },
  manifests: { rooms: ['sdk', 'reconcilers', 'runtime'], packages: 'any' },
  images: { rooms: ['manifests'], packages: 'any' },
  emulator: { rooms: [], packages: 'any' },
  cli: { rooms: ['sdk', 'runtime', 'emulator'], packages: 'any' },
}
/** In these a folder is a room of its own: a function never imports another. */
const divided = ['functions', 'reconcilers']
/** May import anything. */
const free = ['test', 'bench', 'vitest.config.ts']

type Import = { readonly from: string; readonly isType: boolean }

/** The imports of a source text: static, re-exporting and dynamic ones with a literal. Pure. */
const importsOf = (source: string): readonly Import[] =>
  [
    ...source.matchAll(/^(?:import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm),
  ].map(([, isType, from, dynamic]) => ({ from: from ?? dynamic ?? '', isType: isType !== undefined }))

/** What is wrong with an import, or `undefined`. `file` and the answer's paths are relative to the root. Pure. */
const objectionTo = (file: string, { from, isType }: Import): string | undefined => {
  const [room = '', part = ''] = file.split('/')
  const rule = rules[room]
  if (!rule) return free.includes(room) ? undefined : `${file}: ${room} is no room; name it in test/rooms.test.ts`
  if (from.startsWith('node:')) {
    return rule.packages === 'any' ? undefined : `${file}: ${room} does no I/O, but imports ${from}`
  }
  if (!from.startsWith('.') && !from.startsWith('#')) {
    const isAllowed =
      rule.packages === 'any' ||
      rule.packages.some((name) => from.startsWith(name)) ||
      (isType && rule.types?.some((name) => from.startsWith(name)))
    return isAllowed ? undefined : `${file}: ${room} may not import the package ${from}`
  }
  const target = from.startsWith('#') ? from.slice(1) : relative(ROOT, join(ROOT, dirname(file), from))
  const [targetRoom = '', targetPart = ''] = target.split('/')
  if (targetRoom !== room) {
    if (from.startsWith('.')) return `${file}: write '#${target}' instead of '${from}'`
    return rule.rooms.includes(targetRoom) ? undefined : `${file}: ${room} may not import ${targetRoom} (${from})`
  }
  if (divided.includes(room) && targetPart !== part)
    return `${file}: ${room}/${part} may not import ${room}/${targetPart}`
  return undefined
}

const files = globSync('**/*.ts', { cwd: ROOT, exclude: ['node_modules', 'dist'] }).filter(
  (file) => !/(\.test|fixtures|arbitraries)\.ts$/.test(file),
)

/** What makes two runs differ. Time, chance and ids come into the emulator as arguments; only its edge has sockets and timers. */
const chance =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\bset(?:Timeout|Interval|Immediate)\b|\b(?:createServer|createConnection)\b|'node:(?:https?|timers|child_process)/

describe('the emulator', () => {
  const pure = files.filter((file) => file.startsWith('emulator/') && !file.startsWith('emulator/host/'))

  test('knows no clock, no chance and no socket outside its edge', () => {
    expect(pure.length).toBeGreaterThan(10)
    expect(pure.filter((file) => chance.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
  })

  test.each(['Date.now()', 'new Date()', 'Math.random()', "from 'node:http'", 'setTimeout(f)'])(
    'would be told off for %s',
    (text) => {
      expect(chance.test(text)).toBe(true)
    },
  )
})

describe('rooms', () => {
  test('import only what the architecture lets them', () => {
    expect(files.length).toBeGreaterThan(30)
    const objections = files.flatMap((file) =>
      importsOf(readFileSync(join(ROOT, file), 'utf8')).flatMap((found) => objectionTo(file, found) ?? []),
    )
    expect(objections).toEqual([])
  })

  test.each([
    ['sdk/a.ts', "import { x } from 'cloudevents'"],
    ['sdk/a.ts', "import {\n  x,\n} from 'node:fs'"],
    ['reconcilers/a/b.ts', "import { x } from '#runtime/config.ts'"],
    ['reconcilers/a/b.ts', "import { x } from '../c/d.ts'"],
    ['functions/a/index.ts', "import other from '#functions/b/index.ts'"],
    ['functions/a/index.ts', "export { x } from '#runtime/knative.ts'"],
    ['runtime/a.ts', "await import('#functions/b/index.ts')"],
    ['runtime/a.ts', "import { x } from '../sdk/index.ts'"],
    ['emulator/a.ts', "import type { X } from '#sdk/index.ts'"],
    ['attic/a.ts', "import { x } from './b.ts'"],
  ])('%s is told off for %s', (file, source) => {
    const [found] = importsOf(source)
    expect(found && objectionTo(file, found)).toContain(file)
  })

  test('may import types where only types are meant', () => {
    const [found] = importsOf("import type { CloudEvent } from 'cloudevents'")
    expect(found && objectionTo('sdk/a.ts', found)).toBeUndefined()
  })
})
