import type { KubeObject } from './api-server/types.ts'
import type { HttpRequest, HttpResponse } from './network.ts'

/** One container, as the node has prepared it. */
export type ContainerStart = {
  readonly pod: KubeObject
  /** Its entry in the Pod's spec, with `$(VAR)` in command, args and env resolved. */
  readonly name: string
  readonly image: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  /** Resolved from `env` and `envFrom`. */
  readonly env: Readonly<Record<string, string>>
}

/** What a container comes to. `reason` and `message` as kubelet and runtime put them. */
export type ContainerReport =
  /** It will not start as it is; the node keeps trying and asks again, as the kubelet does. `reason` is say ErrImagePull. */
  | { readonly state: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly state: 'running' }
  | {
      readonly state: 'terminated'
      readonly exitCode: number
      readonly reason: string
      readonly message?: string
      readonly signal?: number
    }

export type Container = {
  /** Asks it to end, and ends it after the grace. The end is reported like any other. */
  readonly stop: (graceSeconds: number) => void
  /** A request to its port. Rejects where nobody listens (yet), or where the connection breaks. */
  readonly send: (request: HttpRequest & { readonly path: string }) => Promise<HttpResponse>
  /** What it wrote so far, line by line, with the times at which it did. */
  readonly logs: () => readonly LogLine[]
  /** Calls back with each further line; the answer ends that. */
  readonly onLog: (listener: (line: LogLine) => void) => () => void
}

export type LogLine = { readonly at: number; readonly text: string }

/** Where containers really run: processes on a laptop (`host/processes.ts`), scripts and functions in process in tests. */
export type PodRunner = {
  /** `report` is called later, never from within. */
  readonly start: (container: ContainerStart, report: (report: ContainerReport) => void) => Container
}
