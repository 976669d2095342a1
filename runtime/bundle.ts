import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { rootCertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { FunctionDefinition } from '#sdk/index.ts'

/*
 * `npm run bundle`: what the image holds. `dist/<function>/` gets `main.cjs`, which is what is started; `function.js`, the function, its
 * host and their libraries; and `function.cache`, V8's code of everything that ran until an event was answered. `dist/kubeconfig.cjs`
 * is loaded outside a cluster only, `dist/yaml.cjs` where runner profiles are configured. `dist/operator` starts commands by name.
 *
 * `dist/always-on/main.cjs` is the always-on host with all functions: it starts once, so nothing is baked for it.
 *
 * Node's own compile cache would hold what V8 compiles before a file runs, a sixth of that, and for one user id only. This
 * one fits every user and directory, and is the same byte for byte each time. V8 ignores it where it is not of the same V8, so Node that
 * bundles and Node that runs must be one.
 */

const root = fileURLToPath(new URL('../', import.meta.url))
const dist = join(root, 'dist')

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // An `import` of node:http makes all its exports, WebSocket among them: 30 ms and 12 MiB. A `require` does not.
  format: 'cjs',
  supported: { 'dynamic-import': false },
  // Every kilobyte is read at each start. Names are left as they are and lines short, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  legalComments: 'none',
  logLevel: 'warning',
}

/** What few starts need: the library that reads kubeconfigs is larger than all the rest. */
const apart = ['runtime/kubernetes/kubeconfig.ts', 'runtime/yaml.ts']

const setApart: Plugin = {
  name: 'set-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\/(kubeconfig|yaml)\.ts$/ }, ({ path }) => ({
      path: `.${path.replace(/\.ts$/, '.cjs')}`,
      external: true,
    }))
  },
}

/** Compilers of schemas, which no route has, and Fastify's own test client. */
const neverLoaded = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'light-my-request']

const bundleFunction = (name: string) =>
  build({
    ...shared,
    stdin: {
      contents: `import fn from '#functions/${name}/index.ts'
        import { run } from '#runtime/run.ts'
        void run(fn, process.argv.slice(2))`,
      resolveDir: root,
      loader: 'ts',
    },
    plugins: [setApart],
    external: neverLoaded,
    banner: { js: '(function (exports, require, module) {' },
    footer: { js: '})' },
    outfile: join(dist, name, 'function.js'),
  })

/** All functions in one program. */
const bundleAlwaysOn = (names: readonly string[]) =>
  build({
    ...shared,
    stdin: {
      contents: `${names.map((name, at) => `import fn${at} from '#functions/${name}/index.ts'`).join('\n')}
        import { runAlwaysOn } from '#runtime/always-on/run.ts'
        void runAlwaysOn([${names.map((_, at) => `fn${at}`).join(', ')}], process.argv.slice(2))`,
      resolveDir: root,
      loader: 'ts',
    },
    plugins: [setApart],
    external: neverLoaded,
    outfile: join(dist, 'always-on/main.cjs'),
  })

/** A program that runs the `function.js` beside it. V8 keeps the file's name, so it is baked under the one that it has in the image. */
const launcher = (filename: string, cachedData: string, afterwards = '') => `const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')
const source = join(__dirname, 'function.js')
const cache = join(__dirname, 'function.cache')
const script = new Script(readFileSync(source, 'latin1'), { filename: ${filename}, cachedData: ${cachedData} })
${afterwards}
script.runInThisContext()(exports, require, module)
`

/**
 * Has V8 keep the code of one run, with a sweep, a command or events that fail for want of an API server. Whether it is a command.
 */
const bakeCache = async (name: string): Promise<boolean> => {
  const { default: fn } = (await import(`#functions/${name}/index.ts`)) as { default: FunctionDefinition }
  const baker = join(dist, name, 'bake.cjs')
  await writeFile(
    baker,
    launcher(
      `'/app/${name}/function.js'`,
      'undefined',
      "process.once('exit', () => require('node:fs').writeFileSync(cache, script.createCachedData()))",
    ),
  )
  const credentials = await mkdtemp(join(tmpdir(), 'dormouse-bundle-'))
  await writeFile(join(credentials, 'token'), 'none')
  await writeFile(join(credentials, 'ca.crt'), rootCertificates[0] ?? '')
  // Below the ports that outgoing connections get.
  const port = 20_000 + (process.pid % 10_000)
  const env = {
    SERVICE_ACCOUNT_DIRECTORY: credentials,
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: '1',
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: '0',
    // For the command.
    SESSION_TEMPLATE: '{}',
    PROJECT_NAMESPACE: 'bake',
    SCHEDULED_SESSION_NAME: 'bake',
  }
  const isSweeper = fn.on.some((trigger) => 'everyMinutes' in trigger)
  const isCommand = fn.on.some((trigger) => 'command' in trigger)
  // Chance seeds the hashes that V8 keeps with strings, and what a compiler in the background was doing at the end leaves a bit. Of all
  // its flags V8 leaves this one out of those that the cache must be run with.
  const child = spawn(process.execPath, ['--predictable', baker, ...(isSweeper ? ['--once'] : [])], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exit = once(child, 'exit')
  if (!isSweeper && !isCommand) {
    // Whoever started us waits for what it left behind.
    await deliver(anEventFor(fn), port, child).finally(() => child.kill('SIGTERM'))
  }
  await exit
  await rm(credentials, { recursive: true })
  await rm(baker)
  const source = await readFile(join(dist, name, 'function.js'), 'latin1')
  const cachedData = await readFile(join(dist, name, 'function.cache'))
  // Read as Latin 1 for its speed.
  if (/[^\0-\x7f]/.test(source)) throw new Error(`bundle ${name}: function.js is not ASCII`)
  if (new Script(source, { cachedData }).cachedDataRejected) throw new Error(`bundle ${name}: V8 rejects its own cache`)
  return isCommand
}

/** Of a new session, a ready Job that a session owns, or a namespace: something that a function asks the API server about. */
const anEventFor = ({ on }: FunctionDefinition) => {
  const { changes: kind, labels } = on.find((trigger) => 'changes' in trigger) ?? {}
  const owner = { apiVersion: 'vteam.ambient-code/v1alpha1', kind: 'AgenticSession', name: 'bake', controller: true }
  const namespace = kind?.scope === 'Cluster' ? {} : { namespace: 'bake' }
  const metadata = { name: 'bake', ...namespace, uid: '1', resourceVersion: '1', labels, ownerReferences: [owner] }
  return {
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'bake',
      'ce-source': 'https://10.96.0.1:443',
      'ce-type': 'dev.knative.apiserver.resource.add',
      'ce-time': new Date().toISOString(),
    },
    body: JSON.stringify({ apiVersion: kind?.apiVersion, kind: kind?.kind, metadata, status: { ready: 1 } }),
  }
}

const deliver = async (event: Pick<RequestInit, 'headers' | 'body'>, port: number, child: ChildProcess) => {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', ...event }).catch(() => undefined)
    if (answer && answer.status >= 400 && answer.status < 500) throw new Error(`bundle: answered ${answer.status}`)
    if (answer) return
    await pause(20)
  }
  throw new Error('bundle: the function ended before it answered an event')
}

const names = readdirSync(join(root, 'functions')).filter((name) =>
  existsSync(join(root, 'functions', name, 'index.ts')),
)
await rm(dist, { recursive: true, force: true })
for (const file of apart) {
  await build({
    ...shared,
    entryPoints: [join(root, file)],
    outfile: join(dist, basename(file).replace(/\.ts$/, '.cjs')),
  })
}
const commands: string[] = []
await bundleAlwaysOn(names)
for (const name of names) {
  await bundleFunction(name)
  await writeFile(join(dist, name, 'main.cjs'), launcher('source', 'readFileSync(cache)'))
  if (await bakeCache(name)) commands.push(name)
}
// The name by which the upstream backend's CronJobs run it, from the image's working directory; with flags alone it is the operator.
await writeFile(
  join(dist, 'operator'),
  `#!/nodejs/bin/node
const [command = ''] = process.argv.slice(2)
const commands = ${JSON.stringify(commands)}
if (command === '' || command.startsWith('-')) require('./always-on/main.cjs')
else if (commands.includes(command)) {
  process.argv.splice(2, 1)
  require('./' + command + '/main.cjs')
}
else {
  process.stderr.write('operator: "' + command + '" is no command; there are: ' + commands.join(', ') + '\\n')
  process.exitCode = 2
}
`,
  { mode: 0o755 },
)
