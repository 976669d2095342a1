import { type FieldError, invalid, NotImplementedError, required, tooMany } from '../../schema/field-error.ts'
import { type CompilePolicyExpression, policyExpressions, WrongType } from '../admission/policy-expression.ts'
import { at, listAt } from '../json.ts'
import { notImplemented } from '../status.ts'
import type { KubeObject } from '../types.ts'
import { matchResourcesErrors } from './admission-rules.ts'
import { among, type Errors, each, has, qualifiedName, repeated, subdomain, text } from './checks.ts'

const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  )

/** Also compiles its expressions. Throws `NotImplementedError` for those that do not compile. */
export function admissionPolicyErrors(policy: KubeObject, _old?: KubeObject, subresource = ''): Errors {
  if (subresource === 'status') return statusErrors(policy)
  const { spec } = policy
  const constraints = at(spec, 'matchConstraints')
  const path = 'spec.matchConstraints'
  const hasRules = listAt(constraints, 'resourceRules').length > 0
  return [
    ...among(at(spec, 'failurePolicy'), 'spec.failurePolicy', ['Fail', 'Ignore']),
    ...(has(spec, 'matchConstraints')
      ? [...matchResourcesErrors(constraints, path), ...(hasRules ? [] : [required(`${path}.resourceRules`, '')])]
      : [required(path, '')]),
    ...conditionErrors(spec),
    ...validationErrors(spec),
  ]
}

function conditionErrors(spec: unknown): Errors {
  const conditions = listAt(spec, 'matchConditions')
  const names = conditions.map((condition) => text(condition, 'name'))
  const compile = policyExpressions()
  return [
    ...(conditions.length > 64 ? [tooMany('spec.matchConditions', conditions.length, 64)] : []),
    ...each(spec, 'matchConditions', 'spec', (condition, path, index) => {
      const name = text(condition, 'name')
      const source = text(condition, 'expression').trim()
      return [
        ...(source === ''
          ? [required(`${path}.expression`, '')]
          : compiledAt(`${path}.expression`, source, () => {
              if (compile(source, 'bool').uses('namespaceObject'))
                throw new NotImplementedError('namespaceObject in a match condition')
            })),
        ...(name === '' ? [required(`${path}.name`, '')] : qualifiedName(name, `${path}.name`)),
        ...(name !== '' && names.indexOf(name) < index ? [repeated(name, `${path}.name`)] : []),
      ]
    }),
  ]
}

function compiledAt(path: string, source: string, compile: () => void): readonly FieldError[] {
  try {
    compile()
    return []
  } catch (error) {
    if (error instanceof WrongType) return [invalid(path, source, error.message)]
    throw error
  }
}

function validationErrors(spec: unknown): Errors {
  const types: Record<string, string> = {}
  const variables = each(spec, 'variables', 'spec', (variable, path) => variableErrors(variable, path, types))
  const compile = policyExpressions(types)
  if (listAt(spec, 'validations').length > 0)
    return [...variables, ...each(spec, 'validations', 'spec', (item, path) => itemErrors(item, path, compile))]
  const detail = 'validations or auditAnnotations must contain at least one item'
  return [...variables, required('spec.validations', detail), required('spec.auditAnnotations', detail)]
}

/** Adds the variable to `types`. */
function variableErrors(variable: unknown, path: string, types: Record<string, string>): Errors {
  const name = text(variable, 'name')
  const source = text(variable, 'expression')
  const isName = /^[_a-zA-Z]\w*$/.test(name) && !reserved.includes(name)
  if (Object.hasOwn(types, name)) throw notImplemented(`two variables ${name} of an admission policy`)
  return [
    ...(name.trim() === ''
      ? [required(`${path}.name`, 'name is not specified')]
      : isName
        ? []
        : [invalid(`${path}.name`, name, 'must be a valid CEL identifier')]),
    ...(source.trim() === ''
      ? [required(`${path}.expression`, 'expression is not specified')]
      : compiledAt(`${path}.expression`, source, () => {
          const { type } = policyExpressions(types)(source)
          if (isName) types[name] = type
        })),
  ]
}

function itemErrors(item: unknown, path: string, compile: CompilePolicyExpression): Errors {
  const source = text(item, 'expression')
  const words = text(item, 'messageExpression')
  const message = text(item, 'message')
  return [
    ...(source.trim() === ''
      ? [required(`${path}.expression`, 'expression is not specified')]
      : compiledAt(`${path}.expression`, source, () => compile(source, 'bool'))),
    ...(words === ''
      ? []
      : words.trim() === ''
        ? [invalid(`${path}.messageExpression`, words, 'must be non-empty if specified')]
        : compiledAt(`${path}.messageExpression`, words, () => compile(words, 'string'))),
    ...(message !== '' && message.trim() === ''
      ? [invalid(`${path}.message`, message, 'must be non-empty if specified')]
      : /[\n\r]/.test(message.trim())
        ? [invalid(`${path}.message`, message, 'must not contain line breaks')]
        : []),
    ...among(at(item, 'reason'), `${path}.reason`, ['Forbidden', 'Invalid', 'RequestEntityTooLarge']),
  ]
}

function statusErrors({ status }: KubeObject): Errors {
  return each(at(status, 'typeChecking'), 'expressionWarnings', 'status.typeChecking', (warning, path) => {
    const place = text(warning, 'fieldRef').trim()
    if (place !== '' && !/^spec(\.\w+|\[\d+\])*$/.test(place)) throw notImplemented(`the fieldRef ${place}`)
    return [
      ...(text(warning, 'warning') === '' ? [required(`${path}.warning`, '')] : []),
      ...(place === '' ? [required(`${path}.fieldRef`, '')] : []),
    ]
  })
}

export function admissionBindingErrors({ spec }: KubeObject): Errors {
  const policy = text(spec, 'policyName')
  const actions = listAt(spec, 'validationActions').map(String)
  const path = 'spec.validationActions'
  return [
    ...(policy === '' ? [required('spec.policyName', '')] : subdomain(policy, 'spec.policyName')),
    ...(has(spec, 'matchResources') ? matchResourcesErrors(at(spec, 'matchResources'), 'spec.matchResources') : []),
    ...each(spec, 'validationActions', 'spec', (action, place, index) => [
      ...among(action, place, ['Audit', 'Deny', 'Warn']),
      ...(actions.indexOf(String(action)) < index ? [repeated(action, place)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn')
      ? [
          invalid(
            path,
            actions,
            'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
          ),
        ]
      : []),
    ...(actions.length === 0 ? [required(path, 'at least one validation action is required')] : []),
  ]
}
