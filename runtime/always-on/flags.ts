import { isIPv6 } from 'node:net'

/** Where to listen; without a host, everywhere. */
export type Address = { readonly host: string | undefined; readonly port: number }

export type Flags = {
  /** `undefined` leaves it to `MAX_CONCURRENT_RECONCILES`. */
  readonly maxConcurrentReconciles: number | undefined
  readonly metrics: Address | undefined
  readonly probes: Address | undefined
  readonly isLeaderElected: boolean
}

export const usage = `npm run operator -- [flags]

Runs all functions in this one process, woken by watches: no Knative, no KEDA, no scaling to zero. It uses the ServiceAccount of its Pod or, elsewhere,
the kubeconfig (KUBECONFIG or ~/.kube/config). The environment configures the rest, as it does for the functions: README.md.

  --max-concurrent-reconciles NUMBER   objects that are reconciled side by side (default 10, or MAX_CONCURRENT_RECONCILES)
  --metrics-bind-address ADDRESS       where /metrics is (default :8080; 0 is nowhere)
  --health-probe-bind-address ADDRESS  where /healthz and /readyz are (default :8081; 0 is nowhere)
  --leader-elect                       work only while holding the Lease of this name's replicas (default false)
  --legacy-watch                       changes nothing: this is the implementation with watches
  --help

One dash is as good as two, and --flag=value as --flag value. Switches take --flag=false.
`

const words = /^(?:(1|t|T|TRUE|true|True)|0|f|F|FALSE|false|False)$/

type Given = { readonly name: string; readonly value: string | undefined }

/**
 * The command line in the syntax of Go's `flag`, since that is what manifests for the upstream operator are written in. Throws one
 * `Error` that names everything that is wrong with it. Pure.
 */
export const flagsOf = (args: readonly string[]): Flags | 'help' => {
  const { given, mistakes } = split(args)
  const last = (name: string) => given.findLast((flag) => flag.name === name)?.value
  const is = (name: string): boolean => {
    const text = last(name) ?? 'false'
    if (!words.test(text)) mistakes.push(`--${name} is ${JSON.stringify(text)}, must be true or false`)
    return words.exec(text)?.[1] !== undefined
  }
  const address = (name: string, otherwise: string): Address | undefined => {
    const text = last(name) ?? otherwise
    if (text === '0' || text === '') return undefined
    const found = addressOf(text)
    if (!found)
      mistakes.push(
        `--${name} is ${JSON.stringify(text)}, must be host:port, :port or 0, with an IPv6 address in brackets`,
      )
    return found
  }
  const count = (name: string): number | undefined => {
    const text = last(name)
    if (text === undefined) return undefined
    if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000) return Number(text)
    mistakes.push(`--${name} is ${JSON.stringify(text)}, must be a whole number from 1 to 1000`)
    return undefined
  }
  if (is('help')) return 'help'
  is('legacy-watch')
  const flags: Flags = {
    maxConcurrentReconciles: count('max-concurrent-reconciles'),
    metrics: address('metrics-bind-address', ':8080'),
    probes: address('health-probe-bind-address', ':8081'),
    isLeaderElected: is('leader-elect'),
  }
  if (flags.metrics && flags.probes && isSamePlace(flags.metrics, flags.probes))
    mistakes.push(`--metrics-bind-address and --health-probe-bind-address are both port ${flags.metrics.port}`)
  if (mistakes.length > 0) throw new Error(`command line: ${mistakes.join('; ')}; see --help`)
  return flags
}

const switches = ['leader-elect', 'legacy-watch', 'help']
const settings = ['max-concurrent-reconciles', 'metrics-bind-address', 'health-probe-bind-address']

const split = (args: readonly string[]): { readonly given: readonly Given[]; readonly mistakes: string[] } => {
  const given: Given[] = []
  const mistakes: string[] = []
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, short, attached] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? []
    const name = short === 'h' ? 'help' : short
    if (name === undefined) mistakes.push(`${JSON.stringify(arg)} is no flag`)
    else if (switches.includes(name)) given.push({ name, value: attached ?? 'true' })
    else if (!settings.includes(name)) mistakes.push(`there is no flag --${name}`)
    else {
      const value = attached ?? rest.shift()
      if (value === undefined) mistakes.push(`--${name} needs a value`)
      given.push({ name, value })
    }
  }
  return { given, mistakes }
}

const addressOf = (text: string): Address | undefined => {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) < 1 || Number(port) > 65_535) return undefined
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined
  return { host: bracketed || plain || undefined, port: Number(port) }
}

const isSamePlace = (one: Address, other: Address): boolean =>
  one.port === other.port && (!one.host || !other.host || one.host === other.host)
