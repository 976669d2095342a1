import { invalid, notSupported, required, tooLong } from '../../schema/field-error.ts'
import { labelFaults } from '../../schema/names.ts'
import { at, equal, isObject, without } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'
import { among, type Errors, has, immutable, labelSelector, notNegative, selects, text } from './checks.ts'
import { failurePolicyErrors, goPolicy } from './job-failure-policy.ts'
import { jobStatusErrors } from './job-status.ts'
import { templateErrors } from './pod-spec.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})
const limit = 100_000

export function jobErrors(job: KubeObject, old?: KubeObject, subresource = ''): Errors {
  if (subresource === 'status' && old) return jobStatusErrors(job, old)
  const spec = record(job['spec'])
  return [
    ...generatedErrors(job, spec),
    ...specErrors(spec),
    // The real server looks at a changed one twice.
    ...(old ? specErrors(spec) : []),
    ...(old ? changeErrors(spec, record(old['spec']), has(old['status'], 'startTime')) : indexedNameErrors(job, spec)),
  ]
}

/** The labels and the selector that the server makes of the Job's uid. */
function generatedErrors(job: KubeObject, spec: Json): Errors {
  if (spec['manualSelector'] === true) return []
  const { uid = '', name = '' } = job.metadata
  const labels = at(spec, 'template', 'metadata', 'labels')
  const path = 'spec.template.metadata.labels'
  const wanted = (key: string, value: string): Errors => {
    const found = at(labels, key)
    if (found === undefined) return [required(`${path}[${key}]`, `must be '${value}'`)]
    return found === value ? [] : [invalid(`${path}[${key}]`, labels, `must be '${value}'`)]
  }
  const own = { 'batch.kubernetes.io/controller-uid': uid }
  const isOwn = equal(spec['selector'], { matchLabels: own })
  return [
    ...wanted('controller-uid', uid),
    ...wanted('job-name', name),
    ...wanted('batch.kubernetes.io/controller-uid', uid),
    ...wanted('batch.kubernetes.io/job-name', name),
    ...(isOwn ? [] : [invalid('spec.selector', spec['selector'] ?? null, '`selector` not auto-generated')]),
  ]
}

function specErrors(spec: Json): Errors {
  const { selector, template } = spec
  const isIndexed = spec['completionMode'] === 'Indexed'
  const labels = at(template, 'metadata', 'labels')
  const doesMatch = isObject(selector) && selects(selector, labels)
  const policy = text(at(template, 'spec'), 'restartPolicy')
  const perIndex = spec['backoffLimitPerIndex']
  const most = spec['maxFailedIndexes']
  const manager = spec['managedBy']
  const numbers = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
  ]
  const completions = spec['completions']
  return [
    ...(isObject(selector) ? labelSelector(selector, 'spec.selector') : [required('spec.selector', '')]),
    ...(doesMatch
      ? []
      : [invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]),
    ...numbers.flatMap((key) => notNegative(spec[key], `spec.${key}`)),
    ...(has(spec, 'maxFailedIndexes')
      ? [
          ...notNegative(most, 'spec.maxFailedIndexes'),
          ...(has(spec, 'backoffLimitPerIndex')
            ? []
            : [required('spec.backoffLimitPerIndex', 'when maxFailedIndexes is specified')]),
        ]
      : []),
    ...(typeof manager === 'string' ? managerErrors(manager) : []),
    ...(has(spec, 'completionMode')
      ? among(spec['completionMode'], 'spec.completionMode', ['NonIndexed', 'Indexed'])
      : []),
    ...(isIndexed
      ? [
          ...(has(spec, 'completions') ? [] : [required('spec.completions', 'when completion mode is Indexed')]),
          ...(Number(spec['parallelism'] ?? 0) > limit
            ? [
                invalid(
                  'spec.parallelism',
                  spec['parallelism'],
                  `must be less than or equal to ${limit} when completion mode is Indexed`,
                ),
              ]
            : []),
          ...(typeof most === 'number' && typeof completions === 'number' && most > completions
            ? [invalid('spec.maxFailedIndexes', most, 'must be less than or equal to completions')]
            : []),
          ...(typeof most === 'number' && most > limit
            ? [invalid('spec.maxFailedIndexes', most, `must be less than or equal to ${limit}`)]
            : []),
          ...tooManyErrors(completions, spec, most),
        ]
      : [
          ...(has(spec, 'backoffLimitPerIndex')
            ? [invalid('spec.backoffLimitPerIndex', perIndex, 'requires indexed completion mode')]
            : []),
          ...(has(spec, 'maxFailedIndexes')
            ? [invalid('spec.maxFailedIndexes', most, 'requires indexed completion mode')]
            : []),
        ]),
    ...(isObject(spec['podFailurePolicy']) ? failurePolicyErrors(spec) : []),
    ...(isObject(spec['successPolicy']) && !isIndexed
      ? [invalid('spec.successPolicy', spec['successPolicy'], 'requires indexed completion mode')]
      : []),
    ...replacementErrors(spec),
    ...templateErrors(template, 'spec.template'),
    ...(policy === '' || policy === 'Always'
      ? [required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"')]
      : policy === 'OnFailure' || policy === 'Never'
        ? []
        : [notSupported('spec.template.spec.restartPolicy', policy, ['OnFailure', 'Never'])]),
    ...(isObject(spec['podFailurePolicy']) && policy !== 'Never'
      ? [
          invalid(
            'spec.template.spec.restartPolicy',
            policy,
            'only "Never" is supported when podFailurePolicy is specified',
          ),
        ]
      : []),
  ]
}

function tooManyErrors(completions: unknown, spec: Json, most: unknown): Errors {
  if (typeof completions !== 'number' || completions <= limit || !has(spec, 'backoffLimitPerIndex')) return []
  const why = `when completions is above ${limit}`
  return [
    ...(typeof most === 'number' ? [] : [required('spec.maxFailedIndexes', why)]),
    ...(typeof most === 'number' && most > 10_000
      ? [invalid('spec.maxFailedIndexes', most, `must be less than or equal to 10000 ${why}`)]
      : []),
    ...(Number(spec['parallelism'] ?? 0) > 10_000
      ? [invalid('spec.parallelism', spec['parallelism'], `must be less than or equal to 10000 ${why}`)]
      : []),
  ]
}

const managerErrors = (manager: string): Errors => {
  const path = 'spec.managedBy'
  const [domain = '', rest] = manager.split(/\/(.*)/s)
  if (rest === undefined || rest === '' || domain === '')
    return [invalid(path, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  return manager.length > 63 ? [tooLong(path, 63)] : []
}

function replacementErrors(spec: Json): Errors {
  const given = spec['podReplacementPolicy']
  if (given === undefined) return []
  const allowed = isObject(spec['podFailurePolicy']) ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return among(given, 'spec.podReplacementPolicy', allowed)
}

/** The Pods of an Indexed Job are named after their index, and the name is their host name. */
function indexedNameErrors({ metadata: { name = '' } }: KubeObject, spec: Json): Errors {
  const completions = Number(spec['completions'] ?? 0)
  if (spec['completionMode'] !== 'Indexed' || completions <= 0) return []
  const host = `${name}-${completions - 1}`
  return labelFaults(host).length === 0
    ? []
    : [invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${host}`)]
}

function changeErrors(spec: Json, old: Json, isStarted: boolean): Errors {
  const isIndexed = spec['completionMode'] === 'Indexed'
  const same = (key: string): boolean => equal(spec[key], old[key])
  const fixed = (key: string, shown: unknown = spec[key]): Errors => immutable(shown, `spec.${key}`, same(key))
  return [
    ...(isIndexed ? completionErrors(spec, old) : fixed('completions')),
    ...fixed('selector'),
    ...changedTemplate(spec, old, isStarted),
    ...fixed('completionMode'),
    ...fixed('podFailurePolicy', goPolicy(spec['podFailurePolicy'])),
    ...fixed('backoffLimitPerIndex'),
    ...fixed('managedBy'),
    ...fixed('successPolicy'),
  ]
}

function completionErrors(spec: Json, old: Json): Errors {
  if (equal(spec['completions'], old['completions']) || !has(spec, 'completions')) return []
  if (equal(spec['completions'], spec['parallelism'])) return []
  return [invalid('spec.completions', spec['completions'], 'can only be modified in tandem with spec.parallelism')]
}

/** While a Job that never ran is suspended, where its Pods go may change. (The real message shows the Go struct.) */
function changedTemplate(spec: Json, old: Json, isStarted: boolean): Errors {
  const isSuspended = old['suspend'] === true && !isStarted
  const scheduling = ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates']
  const seen = (each: Json): unknown => {
    const template = record(each['template'])
    if (!isSuspended) return template
    const meta = record(template['metadata'])
    return {
      ...template,
      metadata: without(meta, 'labels', 'annotations'),
      spec: without(record(template['spec']), ...scheduling),
    }
  }
  const path = isSuspended ? 'spec.template.spec' : 'spec.template'
  return equal(seen(spec), seen(old)) ? [] : [invalid(path, spec['template'], 'field is immutable')]
}
