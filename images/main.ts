import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveOf, type Image, layerOf } from './archive.ts'
import { optionsOf, usage } from './command-line.ts'
import { contents } from './contents.ts'
import { nodeBinary, nodeFiles, platformFor } from './node.ts'

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const describe = ({ name, layers }: Image, path: string, digest: string): string =>
  [
    path,
    `  image   ${name}`,
    `  digest  ${digest}`,
    ...layers.map(
      ({ compressed, uncompressedBytes }, at) =>
        `  ${at === 0 ? 'Node  ' : 'app   '}  ${mebibytes(compressed.length)} compressed, ${mebibytes(uncompressedBytes)} on a node`,
    ),
    '',
  ].join('\n')

const main = async (): Promise<void> => {
  const options = optionsOf(process.argv.slice(2), process.env)
  if (options === 'help') return void process.stdout.write(usage)
  const { images, directory, createdAt } = options
  const platform = platformFor(options.platform, process)
  const wanted = images.map(({ kind, name }) => ({ kind, name, ...contents[kind] }))
  if (wanted.some(({ needsBundle }) => needsBundle))
    execFileSync(nodeBinary, [fileURLToPath(new URL('../runtime/bundle.ts', import.meta.url))], { stdio: 'inherit' })
  const node = await layerOf(await nodeFiles(), createdAt)
  await mkdir(directory, { recursive: true })
  for (const { kind, name, config, files } of wanted) {
    const image = { name, platform, layers: [node, await layerOf(files(), createdAt)], config, createdAt }
    const { archive, digest } = await archiveOf(image)
    const path = join(directory, `${kind}.tar`)
    await writeFile(path, archive)
    process.stdout.write(describe(image, path, digest))
  }
}

await main().catch((error: Error) => {
  process.stderr.write(`npm run image: ${error.message}\n`)
  process.exitCode = 1
})
