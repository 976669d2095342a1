import type { Rule } from '../partial-schema.ts'

const scaling = (name: string): string => `autoscaling.knative.dev/${name}`

export const wholeNumbers = ['min-scale', 'max-scale', 'initial-scale', 'activation-scale'].map(scaling)
const inside: Readonly<Record<string, readonly [number, number]>> = {
  [scaling('target')]: [0.01, Number.MAX_SAFE_INTEGER],
  [scaling('target-utilization-percentage')]: [1, 100],
  [scaling('panic-window-percentage')]: [1, 100],
  [scaling('panic-threshold-percentage')]: [110, 1000],
  [scaling('target-burst-capacity')]: [-1, Number.MAX_SAFE_INTEGER],
}
const lengths: Readonly<Record<string, readonly [number, number]>> = {
  [scaling('window')]: [6, 3600],
  [scaling('scale-down-delay')]: [0, 3600],
  [scaling('scale-to-zero-pod-retention-period')]: [0, 3600],
  'serving.knative.dev/progress-deadline': [1, 86_400],
}
const fixed: Readonly<Record<string, string>> = {
  [scaling('class')]: 'kpa.autoscaling.knative.dev',
  [scaling('metric')]: 'concurrency',
}
const known = [...wholeNumbers, ...Object.keys(inside), ...Object.keys(lengths), ...Object.keys(fixed)]

const list = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(', ')}]`
const int = (name: string): string => `(('${scaling(name)}' in self) ? int(self['${scaling(name)}']) : 0)`
const isOurs = "(k.contains('.knative.dev/') || k.startsWith('knative.dev/'))"
const seconds = '^([0-9]+h)?([0-9]+m)?([0-9]+s)?$'

/**
 * What the real webhook refuses of a revision template's annotations, and what of them is not implemented. Lengths are whole seconds in
 * Go's writing; the real one also takes `2000ms`. `allowZeroInitialScale` as in the ConfigMap config-autoscaler.
 */
export const annotationRules = (allowZeroInitialScale: boolean): readonly Rule[] => [
  {
    rule: `self.all(k, !${isOurs} || k in ${list(known)})`,
    messageExpression: `'the embedded control plane does not implement the annotation ' + self.filter(k, ${isOurs} && !(k in ${list(known)})).join(', ')`,
    message: 'the embedded control plane does not implement one of these annotations',
  },
  ...wholeNumbers.map((key) => ({
    rule: `!('${key}' in self) || self['${key}'].matches('^[0-9]{1,9}$')`,
    message: `invalid value of ${key}: must be a whole number`,
  })),
  ...Object.entries(inside).map(([key, [least, most]]) => ({
    rule: `!('${key}' in self) || (self['${key}'].matches('^-?[0-9]+([.][0-9]+)?$') && double(self['${key}']) >= ${decimal(least)} && double(self['${key}']) <= ${decimal(most)})`,
    message: `invalid value of ${key}: must be a number of at least ${least}, at most ${most}`,
  })),
  ...Object.entries(lengths).map(([key, [least, most]]) => ({
    rule: `!('${key}' in self) || (self['${key}'].matches('${seconds}') && self['${key}'] != '' && duration(self['${key}']) >= duration('${least}s') && duration(self['${key}']) <= duration('${most}s'))`,
    message: `invalid value of ${key}: must be from ${least}s to ${most}s, in whole seconds`,
  })),
  ...Object.entries(fixed).map(([key, value]) => ({
    rule: `!('${key}' in self) || self['${key}'] == '${value}'`,
    message: `the embedded control plane implements ${key} ${value} only`,
  })),
  {
    rule: `${int('max-scale')} == 0 || ${int('min-scale')} <= ${int('max-scale')}`,
    message: 'max-scale is less than min-scale',
  },
  {
    rule: `!('${scaling('activation-scale')}' in self) || (${int('activation-scale')} >= 2 && ${int('min-scale')} <= ${int('activation-scale')} && (${int('max-scale')} == 0 || ${int('activation-scale')} <= ${int('max-scale')}))`,
    message: 'activation-scale must be greater than 1, and between min-scale and max-scale',
  },
  ...(allowZeroInitialScale
    ? []
    : [
        {
          rule: `!('${scaling('initial-scale')}' in self) || ${int('initial-scale')} > 0`,
          message: 'invalid value: autoscaling.knative.dev/initial-scale=0 not allowed by cluster',
        },
      ]),
]

const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value))

/** How a revision scales. Numbers of pods, milliseconds, concurrent requests. */
export type Scaling = {
  readonly min: number
  /** 0 is unlimited. */
  readonly max: number
  readonly initial: number
  readonly activation: number
  /** Concurrent requests that one pod is wanted for. */
  readonly target: number
  /** And may have at most. */
  readonly total: number
  readonly burst: number
  readonly windowMs: number
  readonly panicWindowMs: number
  /** Of the wanted number of pods to the ready one. */
  readonly panicThreshold: number
  readonly retentionMs: number
  readonly downDelayMs: number
  readonly deadlineMs: number
}

/** The defaults are those of config-autoscaler and config-deployment as Serving 0.48 ships them. */
export function scalingOf(annotations: Readonly<Record<string, string>>, containerConcurrency: number): Scaling {
  const number = (name: string, otherwise: number): number => Number(annotations[scaling(name)] ?? otherwise)
  const length = (key: string, otherwise: number): number =>
    annotations[key] === undefined ? otherwise : lengthMs(annotations[key])
  const windowMs = length(scaling('window'), 60_000)
  const most = containerConcurrency || Number.POSITIVE_INFINITY
  const total = Math.min(most, number('target', containerConcurrency || 100))
  return {
    min: number('min-scale', 0),
    max: number('max-scale', 0),
    initial: number('initial-scale', 1),
    activation: number('activation-scale', 1),
    target: Math.max(0.01, (total * number('target-utilization-percentage', 70)) / 100),
    total,
    burst: number('target-burst-capacity', 211),
    windowMs,
    panicWindowMs: Math.max(1000, (windowMs * number('panic-window-percentage', 10)) / 100),
    panicThreshold: number('panic-threshold-percentage', 200) / 100,
    retentionMs: length(scaling('scale-to-zero-pod-retention-period'), 0),
    downDelayMs: length(scaling('scale-down-delay'), 0),
    deadlineMs: length('serving.knative.dev/progress-deadline', 600_000),
  }
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 }
const lengthMs = (value: string): number =>
  [...value.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  )
