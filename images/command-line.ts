import { parseArgs } from 'node:util'
import { contents, type ImageName } from './contents.ts'
import { checkedReference, deployedReference } from './reference.ts'

const names = Object.keys(contents) as readonly ImageName[]

export const usage = `npm run image -- [${names.join('] [')}] [options]

Packs images as archives, both if none is named, without Docker. An archive is an OCI image layout and what docker save writes, in one tar.

  --out DIRECTORY     where DIRECTORY/<image>.tar is written (default: build)
  --tag NAME:TAG      the image's name, with its registry; for one image (default: that of kustomization.yaml, and beside it sample-runner)
  --platform OS/ARCH  refused unless it is that of this machine, whose Node the image gets

SOURCE_DATE_EPOCH, in seconds, is the time of everything in the image (default: 0).
`

export type Options = {
  readonly images: readonly { readonly kind: ImageName; readonly name: string }[]
  readonly directory: string
  readonly platform: string | undefined
  readonly createdAt: Date
}

/** Throws with a sentence about what is wrong. */
export const optionsOf = (args: readonly string[], env: NodeJS.ProcessEnv): Options | 'help' => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      out: { type: 'string', default: 'build' },
      tag: { type: 'string' },
      platform: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  if (values.help) return 'help'
  const unknown = positionals.filter((name) => !Object.hasOwn(contents, name))
  if (unknown.length > 0) throw new Error(`no image is named ${unknown.join(', ')}; there are ${names.join(', ')}`)
  const kinds = names.filter((name) => positionals.length === 0 || positionals.includes(name))
  if (values.tag !== undefined && kinds.length > 1)
    throw new Error(`--tag names one image; say which: ${names.join(' or ')}`)
  if (values.out === '') throw new Error('--out is empty, must be a directory')
  return {
    images: kinds.map((kind) => ({
      kind,
      name: values.tag === undefined ? nameOf(kind) : checkedReference(values.tag),
    })),
    directory: values.out,
    platform: values.platform,
    createdAt: sourceDate(env['SOURCE_DATE_EPOCH'] ?? '0'),
  }
}

const nameOf = (kind: ImageName): string =>
  kind === 'dormouse' ? deployedReference() : deployedReference().replace(/[^/:]+(?=:[^:/]+$)/, kind)

/** https://reproducible-builds.org/specs/source-date-epoch/. A tar's field ends in the year 2242. */
const sourceDate = (seconds: string): Date => {
  if (!/^\d{1,10}$/.test(seconds) || Number(seconds) >= 2 ** 33)
    throw new Error(`SOURCE_DATE_EPOCH is "${seconds}", must be a number of seconds since 1970`)
  return new Date(Number(seconds) * 1000)
}
