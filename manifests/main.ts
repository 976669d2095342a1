import { writeFileSync } from 'node:fs'
import { loadFunctions } from '#runtime/functions.ts'
import { render } from './render.ts'

/** `npm run render`: writes every derived manifest. */
const files = render(await loadFunctions())
for (const [path, text] of files) writeFileSync(new URL(`../${path}`, import.meta.url), text)
process.stdout.write(`rendered ${files.size} files\n`)
