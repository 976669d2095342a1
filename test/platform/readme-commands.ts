import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../cluster/installation.ts'

const BLOCK = /^```sh\n(.*?)^```/gms

/** The words after `kubectl` of the README's first command that begins so, with some of them replaced; throws where that is not possible. */
export const readmeCommand = (
  begin: string,
  replaced: Readonly<Record<string, readonly string[]>> = {},
): readonly string[] => {
  const blocks = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(BLOCK)
  const lines = [...blocks].flatMap(([, block = '']) => block.split('\n').map((line) => line.replace(/ +#.*/, '')))
  const line = lines.find((each) => each.startsWith(`kubectl ${begin}`))
  if (line === undefined) throw new Error(`README.md has no command that begins with "kubectl ${begin}"`)
  const [, ...words] = line.split(' ')
  for (const word of Object.keys(replaced))
    if (!words.includes(word)) throw new Error(`README.md: "${line}" has no ${word}`)
  return words.flatMap((word) => replaced[word] ?? [word])
}
