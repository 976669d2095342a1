import { mkdirSync, writeFileSync } from 'node:fs'
import { loadFunctions } from '#runtime/functions.ts'
import { render } from './render.ts'

/** `npm run render`: writes every derived manifest. */
const files = render(await loadFunctions())
for (const [path, text] of files) {
  const file = new URL(`../${path}`, import.meta.url)
  mkdirSync(new URL('.', file), { recursive: true })
  writeFileSync(file, text)
}
process.stdout.write(`rendered ${files.size} files\n`)
