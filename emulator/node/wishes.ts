import type { Pod } from 'kubernetes-types/core/v1.d.ts'

/** `ImagePullBackOff` ends after `pullSeconds`, where they are given; `NodeLost` and `Evicted` strike after `seconds`. `Unresponsive`
 * never answers when it is to end, like a Pod whose kubelet hangs. */
const FAULTS = ['Unschedulable', 'ImagePullBackOff', 'OOMKilled', 'Evicted', 'NodeLost', 'Unresponsive'] as const

export type Fault = (typeof FAULTS)[number]

/** How a Pod wants to fare where nothing really runs. */
export type Wishes = {
  /** Undefined: half a second, or forever where the Pod is to run always. */
  readonly seconds: number | undefined
  readonly exitCode: number
  /** How many runs of it, or of its Job's Pods, end as wished before the next ones end with 0; undefined: all. */
  readonly failures: number | undefined
  readonly pullSeconds: number | undefined
  readonly fault: Fault | undefined
}

type Wishful = { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } } & Pick<Pod, 'spec'>

/**
 * Reads a Pod's wishes from its annotations `node.dormouse.dev/{seconds,exit-code,failures,pull-seconds,fault}`, or else from the environment of its
 * first container, as `RUNNER_EXIT_CODE`. Pure. Returns a sentence saying what is wrong, when one of them makes no sense.
 */
export function wishesOf(pod: Wishful, faults: readonly Fault[] = FAULTS): Wishes | string {
  const seconds = wish(pod, 'seconds')
  const exitCode = wish(pod, 'exit-code') ?? '0'
  const failures = wish(pod, 'failures')
  const pullSeconds = wish(pod, 'pull-seconds')
  const name = wish(pod, 'fault')
  const fault = faults.find((known) => known === name)
  for (const [what, value] of Object.entries({ seconds, 'pull-seconds': pullSeconds }))
    if (value !== undefined && !/^\d+(\.\d+)?$/.test(value))
      return `${what} is "${value}": want a number of seconds such as 0.5`
  if (!/^\d+$/.test(exitCode) || Number(exitCode) > 255) return `exit-code is "${exitCode}": want 0 to 255`
  if (failures !== undefined && !/^\d+$/.test(failures)) return `failures is "${failures}": want a whole number`
  if (name !== undefined && fault === undefined) return `fault is "${name}": want one of ${faults.join(', ')}`
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))
  return {
    seconds: number(seconds),
    exitCode: Number(exitCode),
    failures: number(failures),
    pullSeconds: number(pullSeconds),
    fault,
  }
}

function wish(pod: Wishful, what: string): string | undefined {
  const variable = `RUNNER_${what.replaceAll('-', '_').toUpperCase()}`
  const env = pod.spec?.containers[0]?.env?.find(({ name }) => name === variable)
  const value = pod.metadata?.annotations?.[`node.dormouse.dev/${what}`] ?? env?.value
  return value === '' ? undefined : value
}
