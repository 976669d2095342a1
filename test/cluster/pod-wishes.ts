import type { Pod } from 'kubernetes-types/core/v1.d.ts'

const FAULTS = ['Unschedulable', 'ImagePullBackOff', 'OOMKilled'] as const

/** How a Pod wants to fare on the stand-in for a node. */
export type Wishes = {
  readonly seconds: number
  readonly exitCode: number
  readonly fault: (typeof FAULTS)[number] | undefined
}

/**
 * Reads a Pod's wishes from its annotations, or else from the environment of its first container. Pure. Returns a
 * sentence saying what is wrong, when one of them makes no sense.
 */
export function wishesOf(pod: Pod): Wishes | string {
  const seconds = wish(pod, 'seconds', 'RUNNER_SECONDS') ?? '0.5'
  const exitCode = wish(pod, 'exit-code', 'RUNNER_EXIT_CODE') ?? '0'
  const name = wish(pod, 'fault', 'RUNNER_FAULT')
  const fault = FAULTS.find((known) => known === name)
  if (!/^\d+(\.\d+)?$/.test(seconds)) return `seconds is "${seconds}": want a number of seconds such as 0.5`
  if (!/^\d+$/.test(exitCode) || Number(exitCode) > 255) return `exit-code is "${exitCode}": want 0 to 255`
  if (name !== undefined && fault === undefined) return `fault is "${name}": want one of ${FAULTS.join(', ')}`
  return { seconds: Number(seconds), exitCode: Number(exitCode), fault }
}

function wish(pod: Pod, annotation: string, variable: string): string | undefined {
  const env = pod.spec?.containers[0]?.env?.find(({ name }) => name === variable)
  const value = pod.metadata?.annotations?.[`node.dormouse.dev/${annotation}`] ?? env?.value
  return value === '' ? undefined : value
}
