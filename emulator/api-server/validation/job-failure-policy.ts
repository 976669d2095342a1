import { invalid, notSupported, required, tooMany } from '../../schema/field-error.ts'
import { qualifiedNameFaults } from '../../schema/names.ts'
import { at, isObject, listAt } from '../json.ts'
import type { Json } from '../types.ts'
import { type Errors, each, faults, has, repeated, text } from './checks.ts'

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const bare = (path: string, detail: string): Errors => [{ field: path, type: 'FieldValueInvalid', detail }]

/** As Go's JSON of its own struct has it. */
export const goPolicy = (policy: unknown): unknown =>
  !isObject(policy)
    ? null
    : new Map([
        [
          'Rules',
          listAt(policy, 'rules').map((rule) => {
            const codes = at(rule, 'onExitCodes')
            return new Map<string, unknown>([
              ['Action', text(rule, 'action')],
              [
                'OnExitCodes',
                isObject(codes)
                  ? new Map<string, unknown>([
                      ['ContainerName', codes['containerName'] ?? null],
                      ['Operator', codes['operator'] ?? ''],
                      ['Values', codes['values'] ?? null],
                    ])
                  : null,
              ],
              [
                'OnPodConditions',
                has(rule, 'onPodConditions')
                  ? listAt(rule, 'onPodConditions').map(
                      (item) =>
                        new Map([
                          ['Type', text(item, 'type')],
                          ['Status', text(item, 'status')],
                        ]),
                    )
                  : null,
              ],
            ])
          }),
        ],
      ])

export function failurePolicyErrors(spec: Json): Errors {
  const inPod = at(spec, 'template', 'spec')
  const containers = ['containers', 'initContainers'].flatMap((key) =>
    listAt(inPod, key).map((each) => text(each, 'name')),
  )
  const policy = spec['podFailurePolicy']
  const rules = listAt(policy, 'rules')
  if (rules.length > 20) return [tooMany('spec.podFailurePolicy.rules', rules.length, 20)]
  return each(policy, 'rules', 'spec.podFailurePolicy', (rule, path) => {
    const action = text(rule, 'action')
    const conditions = listAt(rule, 'onPodConditions')
    const hasCodes = isObject(at(rule, 'onExitCodes'))
    return [
      ...(action === ''
        ? [required(`${path}.action`, `valid values: [${actions.map((each) => `"${each}"`).join(' ')}]`)]
        : actions.includes(action)
          ? []
          : [notSupported(`${path}.action`, action, actions)]),
      ...(action === 'FailIndex' && !has(spec, 'backoffLimitPerIndex')
        ? [invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set')]
        : []),
      ...(hasCodes ? codeErrors(at(rule, 'onExitCodes'), `${path}.onExitCodes`, containers) : []),
      ...(conditions.length > 20 ? [tooMany(`${path}.onPodConditions`, conditions.length, 20)] : []),
      ...each(rule, 'onPodConditions', path, (item, place) => {
        const type = text(item, 'type')
        return [
          ...faults(type, `${place}.type`, qualifiedNameFaults(type)),
          ...(text(item, 'status') === ''
            ? [required(`${place}.status`, 'valid values: ["False" "True" "Unknown"]')]
            : ['False', 'True', 'Unknown'].includes(text(item, 'status'))
              ? []
              : [notSupported(`${place}.status`, text(item, 'status'), ['False', 'True', 'Unknown'])]),
        ]
      }),
      ...(hasCodes && conditions.length > 0
        ? bare(path, 'specifying both OnExitCodes and OnPodConditions is not supported')
        : []),
      ...(!hasCodes && conditions.length === 0
        ? bare(path, 'specifying one of OnExitCodes and OnPodConditions is required')
        : []),
    ]
  })
}

function codeErrors(codes: unknown, path: string, containers: readonly string[]): Errors {
  const operator = text(codes, 'operator')
  const values = listAt(codes, 'values')
  const name = at(codes, 'containerName')
  const seen = new Set<unknown>()
  return [
    ...(operator === ''
      ? [required(`${path}.operator`, 'valid values: ["In" "NotIn"]')]
      : ['In', 'NotIn'].includes(operator)
        ? []
        : [notSupported(`${path}.operator`, operator, ['In', 'NotIn'])]),
    ...(typeof name === 'string' && !containers.includes(name)
      ? [
          invalid(
            `${path}.containerName`,
            name,
            'must be one of the container or initContainer names in the pod template',
          ),
        ]
      : []),
    ...(values.length === 0
      ? [invalid(`${path}.values`, values, 'at least one value is required')]
      : values.length > 255
        ? [tooMany(`${path}.values`, values.length, 255)]
        : []),
    ...values.flatMap((value, index): Errors => {
      const place = `${path}.values[${index}]`
      if (operator === 'In' && value === 0) return [invalid(place, value, 'must not be 0 for the In operator')]
      if (seen.has(value)) return [repeated(value, place)]
      seen.add(value)
      return []
    }),
    ...(values.every((value, index) => index === 0 || Number(values[index - 1]) <= Number(value))
      ? []
      : [invalid(`${path}.values`, values, 'must be ordered')]),
  ]
}
