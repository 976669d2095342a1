import { isObject, listAt } from '../json.ts'
import type { Json, KubeObject } from '../types.ts'

const record = (value: unknown): Json => (isObject(value) ? value : {})

const rules = (resources: Json, key: string): Json =>
  Array.isArray(resources[key])
    ? { [key]: listAt(resources, key).map((rule) => ({ scope: '*', ...record(rule) })) }
    : {}

const matching = (spec: Json, key: string): Json => {
  const given = spec[key]
  if (!isObject(given)) return {}
  const selectors = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }
  return {
    [key]: { ...selectors, ...given, ...rules(given, 'resourceRules'), ...rules(given, 'excludeResourceRules') },
  }
}

export const admissionPolicy = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  return { ...object, spec: { failurePolicy: 'Fail', ...spec, ...matching(spec, 'matchConstraints') } }
}

export const admissionBinding = (object: KubeObject): KubeObject => {
  const spec = record(object['spec'])
  return { ...object, spec: { ...spec, ...matching(spec, 'matchResources') } }
}
