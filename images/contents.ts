import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ContainerConfig } from './archive.ts'
import type { Entry } from './tar.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

const ordinary = {
  // The number, so that the kubelet can tell that it is not root.
  User: '65532',
  WorkingDir: '/app',
  Env: ['PATH=/nodejs/bin'],
  Entrypoint: ['/nodejs/bin/node'],
}

/** What lies above Node in an image, and how its container starts. */
type Contents = { readonly config: ContainerConfig; readonly needsBundle: boolean; files(): readonly Entry[] }

export const contents = {
  /** All functions, laid out and started as by the Dockerfile. */
  dormouse: {
    config: {
      ...ordinary,
      Cmd: ['on-session-event/main.cjs'],
      ExposedPorts: { '8080/tcp': {}, '9464/tcp': {} },
    },
    needsBundle: true,
    files: () => filesIn(join(root, 'dist')),
  },
  /** What stands in for a runner's image: works for a while and ends as its environment says. */
  'sample-runner': {
    config: { ...ordinary, Cmd: ['runner.mjs'] },
    needsBundle: false,
    files: () => [{ path: 'app/runner.mjs', content: readFileSync(join(root, 'samples/runner.mjs')) }],
  },
} as const satisfies Record<string, Contents>

export type ImageName = keyof typeof contents

const filesIn = (folder: string): readonly Entry[] =>
  globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({
      path: join('app', path.slice(folder.length)),
      content: readFileSync(path),
      isExecutable: (statSync(path).mode & 0o100) !== 0,
    }))
