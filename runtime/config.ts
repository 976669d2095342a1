import type { Settings } from '#sdk/index.ts'

export type Config = {
  readonly settings: Settings
  readonly maxConcurrentReconciles: number
  /** Log lines of level debug too. */
  readonly isDevMode: boolean
  readonly host: string
  readonly port: number
  /** 0 is none. */
  readonly metricsPort: number
  /** Where counts are pushed to, so that they outlive the process; absent: nowhere. */
  readonly push: Push | undefined
  readonly sweepPeriodSeconds: number
  /** The file that says how sessions run. It need not exist. */
  readonly runnerProfilesFile: string | undefined
}

/** `url` of an aggregating gateway, without its `/metrics`. */
export type Push = { readonly url: string; readonly intervalSeconds: number }

/**
 * The configuration, from the environment. Throws one `Error` that names everything that is wrong with it. Nothing else reads the
 * environment, but for the Kubernetes client's credentials.
 */
export const readConfig = (env: NodeJS.ProcessEnv): Config => {
  const mistakes: string[] = []
  const check = <T>(name: string, parse: (text: string) => T | undefined, otherwise: T, right: string): T => {
    const text = env[name]
    if (text === undefined || text === '') return otherwise
    const value = parse(text)
    if (value === undefined) mistakes.push(`${name} is ${JSON.stringify(text)}, must be ${right}`)
    return value ?? otherwise
  }
  const integer = (name: string, otherwise: number, min: number, max: number) =>
    check(
      name,
      (text) => (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
      otherwise,
      `a whole number from ${min} to ${max}`,
    )
  const matching = (name: string, pattern: RegExp, otherwise: string, right: string) =>
    check(name, (text) => (pattern.test(text) ? text : undefined), otherwise, right)
  const label = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
  const namespaceName = "the name of a namespace: at most 63 lower-case letters, digits and '-'"

  const pushUrl = check<string | undefined>(
    'METRICS_PUSH_URL',
    (text) => (/^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text.replace(/\/+$/, '') : undefined),
    undefined,
    'an http or https URL',
  )
  const intervalSeconds = integer('METRICS_PUSH_INTERVAL_SECONDS', 15, 1, 3600)
  const namespace = matching('NAMESPACE', label, 'default', namespaceName)
  const backendNamespace = matching('BACKEND_NAMESPACE', label, namespace, namespaceName)
  const backend = `http://backend-service.${backendNamespace}.svc.cluster.local:8080/api`
  const config: Config = {
    settings: {
      namespace,
      backendNamespace,
      backendUrl: matching(
        'BACKEND_API_URL',
        /^https?:\/\/\S*[^\s/]$/,
        backend,
        'an http(s) URL without a slash at its end',
      ),
      runnerImage: matching(
        'AMBIENT_CODE_RUNNER_IMAGE',
        /^\S+$/,
        'quay.io/ambient_code/vteam_claude_runner:latest',
        'an image reference without spaces',
      ),
      inactivityTimeoutSeconds: integer('DEFAULT_INACTIVITY_TIMEOUT', 86_400, 0, 2_592_000),
    },
    maxConcurrentReconciles: integer('MAX_CONCURRENT_RECONCILES', 10, 1, 1000),
    isDevMode: check(
      'DEV_MODE',
      (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
      false,
      'true or false',
    ),
    host: matching('HOST', /^\S+$/, '0.0.0.0', 'an address to listen on'),
    port: integer('PORT', 8080, 1, 65_535),
    metricsPort: integer('METRICS_PORT', 9464, 0, 65_535),
    push: pushUrl === undefined ? undefined : { url: pushUrl, intervalSeconds },
    sweepPeriodSeconds: integer('SWEEP_PERIOD_SECONDS', 30, 1, 86_400),
    runnerProfilesFile: env['RUNNER_PROFILES'] || undefined,
  }
  if (config.metricsPort === config.port) mistakes.push(`METRICS_PORT and PORT are both ${config.port}, must differ`)
  if (mistakes.length > 0) throw new Error(`configuration: ${mistakes.join('; ')}`)
  return config
}
