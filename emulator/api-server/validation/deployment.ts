import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { at, equal, isObject } from '../json.ts'
import type { KubeObject } from '../types.ts'
import { type Errors, has, immutable, isEmptySelector, labelSelector, notNegative, selects, text } from './checks.ts'
import { templateErrors } from './pod-spec.ts'

export function deploymentErrors(deployment: KubeObject, old?: KubeObject, subresource = ''): Errors {
  if (subresource === 'status') return statusErrors(deployment['status'], old?.['status'])
  const spec = deployment['spec']
  const selector = at(spec, 'selector')
  const template = at(spec, 'template')
  const labels = at(template, 'metadata', 'labels')
  const wrong = isObject(selector) ? labelSelector(selector, 'spec.selector') : []
  const ready = Number(at(spec, 'minReadySeconds') ?? 0)
  const deadline = at(spec, 'progressDeadlineSeconds')
  const policy = text(at(template, 'spec'), 'restartPolicy')
  const isMatched = wrong.length > 0 || (isObject(selector) && (isEmptySelector(selector) || selects(selector, labels)))
  return [
    ...notNegative(at(spec, 'replicas'), 'spec.replicas'),
    ...(isObject(selector)
      ? [
          ...wrong,
          ...(isEmptySelector(selector)
            ? [invalid('spec.selector', selector, 'empty selector is invalid for deployment')]
            : []),
        ]
      : [required('spec.selector', '')]),
    ...(wrong.length > 0
      ? [invalid('spec.selector', selector, 'invalid label selector')]
      : [
          ...(isMatched
            ? []
            : [
                invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
              ]),
          ...templateErrors(template, 'spec.template'),
          ...(policy === 'Always' ? [] : [notSupported('spec.template.spec.restartPolicy', policy, ['Always'])]),
          ...(has(at(template, 'spec'), 'activeDeadlineSeconds')
            ? [
                forbidden(
                  'spec.template.spec.activeDeadlineSeconds',
                  'activeDeadlineSeconds in ReplicaSet is not Supported',
                ),
              ]
            : []),
        ]),
    ...strategyErrors(at(spec, 'strategy')),
    ...notNegative(at(spec, 'minReadySeconds'), 'spec.minReadySeconds'),
    ...notNegative(at(spec, 'revisionHistoryLimit'), 'spec.revisionHistoryLimit'),
    ...(typeof deadline === 'number'
      ? [
          ...notNegative(deadline, 'spec.progressDeadlineSeconds'),
          ...(deadline <= ready
            ? [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
            : []),
        ]
      : []),
    ...(old ? immutable(selector, 'spec.selector', equal(selector, at(old, 'spec', 'selector'))) : []),
  ]
}

const percentText =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

const share = (value: unknown, path: string): Errors => {
  if (typeof value === 'string') return /^[0-9]+%$/.test(value) ? [] : [invalid(path, value, percentText)]
  return notNegative(value, path)
}

function strategyErrors(strategy: unknown): Errors {
  const type = text(strategy, 'type')
  const rolling = at(strategy, 'rollingUpdate')
  const path = 'spec.strategy.rollingUpdate'
  if (type === 'Recreate')
    return isObject(rolling) ? [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")] : []
  if (type !== 'RollingUpdate') {
    const value = new Map<string, unknown>([
      ['Type', type],
      ['RollingUpdate', rolling ?? null],
    ])
    return [notSupported('spec.strategy', value, ['Recreate', 'RollingUpdate'])]
  }
  if (!isObject(rolling)) return [required(path, 'this should be defaulted and never be nil')]
  const { maxUnavailable, maxSurge } = rolling
  const isZero = (value: unknown): boolean => value === 0 || /^0+%$/.test(String(value))
  const isOver = typeof maxUnavailable === 'string' && Number(maxUnavailable.replace('%', '')) > 100
  return [
    ...share(maxUnavailable, `${path}.maxUnavailable`),
    ...share(maxSurge, `${path}.maxSurge`),
    ...(isZero(maxUnavailable) && isZero(maxSurge)
      ? [invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...(isOver ? [invalid(`${path}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')] : []),
  ]
}

function statusErrors(status: unknown, before: unknown): Errors {
  const count = (key: string): number => Number(at(status, key) ?? 0)
  const keys = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas']
  const beyond = (key: string, limit: string, words: string): Errors =>
    count(key) > count(limit) ? [invalid(`status.${key}`, count(key), `cannot be greater than ${words}`)] : []
  const [collisions, earlier] = [at(status, 'collisionCount'), at(before, 'collisionCount')]
  return [
    ...keys.flatMap((key) => notNegative(at(status, key), `status.${key}`)),
    ...notNegative(collisions, 'status.collisionCount'),
    ...beyond('updatedReplicas', 'replicas', 'status.replicas'),
    ...beyond('readyReplicas', 'replicas', 'status.replicas'),
    ...beyond('availableReplicas', 'replicas', 'status.replicas'),
    ...beyond('availableReplicas', 'readyReplicas', 'readyReplicas'),
    ...(Number(collisions ?? 0) < Number(earlier ?? 0)
      ? [invalid('status.collisionCount', collisions ?? 0, 'cannot be decremented')]
      : []),
  ]
}
