import type { Container as ContainerSpec, Probe } from 'kubernetes-types/core/v1.d.ts'
import type { Container } from '../pod-runner.ts'
import type { World } from '../world.ts'

export type ProbeOptions = {
  readonly world: World
  readonly container: Container
  readonly spec: ContainerSpec
  readonly probe: Probe
  readonly ip: string
  /** After as many results in a row as its thresholds ask for, and then with each further one. */
  readonly onResult: (isGood: boolean) => void
  /** Told of each single failure. */
  readonly failed: (why: string) => void
}

/** Asks a container every period, first after the initial delay; the answer ends that. Of probes by exec and gRPC every one fails and says why. */
export function startProbe({ world, container, spec, probe, ip, onResult, failed }: ProbeOptions): () => void {
  const { initialDelaySeconds = 0, periodSeconds = 10, timeoutSeconds = 1 } = probe
  const { successThreshold = 1, failureThreshold = 3 } = probe
  let isStopped = false
  let streak = { isGood: false, count: 0 }

  const note = (why: string | undefined): void => {
    if (isStopped) return
    const isGood = why === undefined
    if (why !== undefined) failed(why)
    streak = { isGood, count: streak.isGood === isGood ? streak.count + 1 : 1 }
    if (streak.count >= (isGood ? successThreshold : failureThreshold)) onResult(isGood)
  }
  const ask = (): void => {
    if (isStopped) return
    let isAnswered = false
    const once = (why: string | undefined): void => {
      if (isAnswered) return
      isAnswered = true
      cancelTimeout()
      note(why)
    }
    const url = `http://${ip}:${portOf(spec, probe)}${probe.httpGet?.path ?? '/'}`
    const cancelTimeout = world.after(timeoutSeconds * 1000, () =>
      once(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
    )
    verdict(container, probe, url).then(once, (error: unknown) => once(String(error)))
    cancelNext = world.after(periodSeconds * 1000, ask)
  }
  let cancelNext = world.after(initialDelaySeconds * 1000, ask)
  return () => {
    isStopped = true
    cancelNext()
  }
}

/** What is wrong, or `undefined`. */
async function verdict(
  container: Container,
  { httpGet, tcpSocket, exec }: Probe,
  url: string,
): Promise<string | undefined> {
  if (!httpGet && !tcpSocket) return `the emulator does not implement ${exec ? 'exec' : 'gRPC'} probes`
  const headers = Object.fromEntries((httpGet?.httpHeaders ?? []).map(({ name, value }) => [name.toLowerCase(), value]))
  try {
    const path = httpGet?.path ?? '/'
    const { status } = await container.send({
      method: 'GET',
      path: path.startsWith('/') ? path : `/${path}`,
      headers: { 'user-agent': 'kube-probe/1.36', accept: '*/*', ...headers },
      body: '',
    })
    return tcpSocket || (status >= 200 && status < 400) ? undefined : `HTTP probe failed with statuscode: ${status}`
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return tcpSocket ? why : `Get "${url}": ${why}`
  }
}

function portOf({ ports = [] }: ContainerSpec, { httpGet, tcpSocket }: Probe): number | string {
  const port = (httpGet ?? tcpSocket)?.port ?? ''
  return ports.find(({ name }) => name === port)?.containerPort ?? port
}
