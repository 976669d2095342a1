import { isSame } from '../schema/correlation.ts'
import { invalid, notSupported, own, required } from '../schema/field-error.ts'
import { dns1035Faults, subdomainFaults } from '../schema/names.ts'
import { at, isObject, listAt, textAt } from './json.ts'
import { notImplemented } from './status.ts'
import type { FieldError, KubeObject } from './types.ts'

const approval = 'api-approved.kubernetes.io'
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['int32', 'int64', 'float', 'double', 'byte', 'date', 'date-time', 'password']

/**
 * What the real server refuses in a definition beside its schemas (ValidateCustomResourceDefinition and its Update).
 * Throws 501 for webhooks that convert. Pure.
 */
export function definitionErrors(crd: KubeObject, old?: KubeObject): readonly FieldError[] {
  return [
    ...(old ? [] : nameErrors(crd)),
    ...specErrors(crd),
    ...statusErrors(crd),
    ...approvalErrors(crd, old),
    ...changes(crd, old),
  ]
}

function nameErrors(crd: KubeObject): readonly FieldError[] {
  const { name = '' } = crd.metadata
  const plural = textAt(crd, 'spec', 'names', 'plural')
  // Without a name at all that is what is said.
  if (name === '' || name === `${plural}.${textAt(crd, 'spec', 'group')}`) return []
  return [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]
}

function specErrors(crd: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = []
  const group = textAt(crd, 'spec', 'group')
  const scope = textAt(crd, 'spec', 'scope')
  if (group === '') errors.push(required('spec.group', ''))
  else {
    errors.push(...subdomainFaults(group).map((fault) => invalid('spec.group', group, fault)))
    if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
  }
  if (scope === '') errors.push(required('spec.scope', ''))
  else if (!['Cluster', 'Namespaced'].includes(scope))
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  errors.push(...versionErrors(crd), ...namesErrors(crd), ...conversionErrors(crd))
  if (at(crd, 'spec', 'preserveUnknownFields') === true)
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  return errors
}

/** What all versions have alike is shown as the definition's own, as the real server has it inside. */
const placeOf = (versions: readonly unknown[], index: number, key: string): string | undefined => {
  const isShared = versions.every((each) => isSame(at(each, key), at(versions[0], key)))
  if (!isShared) return `spec.versions[${index}].${key}`
  return index === 0 ? `spec.${key}` : undefined
}

function versionErrors(crd: KubeObject): readonly FieldError[] {
  const versions = listAt(crd, 'spec', 'versions')
  const errors: FieldError[] = []
  const names = versions.map((each) => textAt(each, 'name'))
  const stored = versions.filter((each) => at(each, 'storage') === true).length
  const shown = versions.length === 0 && at(crd, 'spec', 'versions') === undefined ? null : asGo(versions)
  for (const [index, version] of versions.entries()) {
    const name = names[index] ?? ''
    for (const fault of dns1035Faults(name)) errors.push(invalid(`spec.versions[${index}].name`, name, fault))
    errors.push(...deprecationErrors(version, `spec.versions[${index}]`))
    const columns = placeOf(versions, index, 'additionalPrinterColumns')
    if (columns !== undefined) errors.push(...columnErrors(listAt(version, 'additionalPrinterColumns'), columns))
    const subresources = placeOf(versions, index, 'subresources')
    if (subresources !== undefined) errors.push(...scaleErrors(at(version, 'subresources', 'scale'), subresources))
    const selectable = placeOf(versions, index, 'selectableFields')
    if (selectable !== undefined) errors.push(...selectableErrors(version, selectable))
  }
  if (names[0] !== undefined)
    for (const fault of dns1035Faults(names[0])) errors.push(invalid('spec.version', names[0], fault))
  if (new Set(names).size < names.length)
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'))
  if (stored !== 1)
    errors.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'))
  return errors
}

const asGo = (versions: readonly unknown[]): unknown =>
  versions.map((each, index) => {
    const unless = (key: string): unknown =>
      placeOf(versions, index, key)?.startsWith('spec.versions') === true ? (at(each, key) ?? null) : null
    return new Map<string, unknown>(
      Object.entries({
        Name: textAt(each, 'name'),
        Served: at(each, 'served') === true,
        Storage: at(each, 'storage') === true,
        Deprecated: at(each, 'deprecated') === true,
        DeprecationWarning: at(each, 'deprecationWarning') ?? null,
        Schema: unless('schema'),
        Subresources: unless('subresources'),
        AdditionalPrinterColumns: unless('additionalPrinterColumns'),
        SelectableFields: unless('selectableFields'),
      }),
    )
  })

function deprecationErrors(version: unknown, path: string): readonly FieldError[] {
  const warning = at(version, 'deprecationWarning')
  const field = `${path}.deprecationWarning`
  if (typeof warning !== 'string') return []
  if (at(version, 'deprecated') !== true) return [invalid(field, warning, 'can only be set for deprecated versions')]
  if (warning === '') return [invalid(field, warning, 'must not be empty')]
  if (Buffer.byteLength(warning) > 256)
    return [{ type: 'FieldValueTooLong', field, badValue: warning, detail: 'may not be more than 256 bytes' }]
  return []
}

const mustBeSimple = 'must be a simple json path starting with .'

function columnErrors(columns: readonly unknown[], path: string): readonly FieldError[] {
  return columns.flatMap((column, index) => {
    const field = (key: string): string => `${path}[${index}].${key}`
    const [type, format] = [textAt(column, 'type'), textAt(column, 'format')]
    const errors: FieldError[] = []
    if (textAt(column, 'name') === '') errors.push(required(field('name'), ''))
    if (type === '') errors.push(required(field('type'), `must be one of ${columnTypes.join(',')}`))
    else if (!columnTypes.includes(type))
      errors.push(invalid(field('type'), type, `must be one of ${columnTypes.join(',')}`))
    if (format !== '' && !columnFormats.includes(format))
      errors.push(invalid(field('format'), format, `must be one of ${columnFormats.toSorted().join(',')}`))
    const jsonPath = textAt(column, 'jsonPath')
    if (jsonPath === '') errors.push(required(field('JSONPath'), ''))
    else if (!jsonPath.startsWith('.')) errors.push(invalid(field('JSONPath'), jsonPath, mustBeSimple))
    return errors
  })
}

function scaleErrors(scale: unknown, path: string): readonly FieldError[] {
  if (!isObject(scale)) return []
  const check = (key: string, roots: readonly string[], isNeeded: boolean): readonly FieldError[] => {
    const [field, text] = [`${path}.scale.${key}`, textAt(scale, key)]
    if (text === '') return isNeeded ? [required(field, '')] : []
    if (!/^(\.[^.[\]'*\s]+)+$/.test(text)) return [invalid(field, text, mustBeSimple)]
    const under = roots.length > 1 ? 'either .spec or .status' : roots.join('')
    return roots.some((root) => text.startsWith(`${root}.`))
      ? []
      : [invalid(field, text, `should be a json path under ${under}`)]
  }
  return [
    ...check('specReplicasPath', ['.spec'], true),
    ...check('statusReplicasPath', ['.status'], true),
    ...check('labelSelectorPath', ['.spec', '.status'], false),
  ]
}

function selectableErrors(version: unknown, path: string): readonly FieldError[] {
  const fields = listAt(version, 'selectableFields')
  const paths = fields.map((each) => textAt(each, 'jsonPath'))
  const errors: FieldError[] = []
  if (fields.length > 8)
    errors.push({
      type: 'FieldValueTooMany',
      field: path,
      badValue: fields.length,
      detail: 'must have at most 8 items',
    })
  for (const [index, text] of paths.entries()) {
    const field = `${path}[${index}].jsonPath`
    if (text === '') errors.push(required(field, ''))
    else if (/^\.metadata(\.|$)/.test(text)) errors.push(invalid(field, text, 'must not point to fields in metadata'))
    else if (!/^(\.[^.[\]'*\s]+)+$/.test(text))
      errors.push(invalid(field, text, 'is an invalid path: must be a simple json path starting with .'))
    else {
      const schema = text
        .slice(1)
        .split('.')
        .reduce<unknown>(
          (node, key) => own(at(node, 'properties') as Readonly<Record<string, unknown>> | undefined, key),
          at(version, 'schema', 'openAPIV3Schema'),
        )
      const type = textAt(schema, 'type')
      if (schema === undefined) errors.push(invalid(field, text, 'is an invalid path: does not refer to a valid field'))
      else if (!['string', 'integer', 'boolean'].includes(type))
        errors.push(
          invalid(
            field,
            text,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        )
    }
    if (paths.indexOf(text) < index) errors.push({ type: 'FieldValueDuplicate', field, badValue: text, detail: '' })
  }
  return errors
}

function namesErrors(crd: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = []
  const name = (key: string): string => textAt(crd, 'spec', 'names', key)
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const [field, text] = [`spec.names.${key}`, name(key)]
    if (text === '') errors.push(required(field, ''))
    else if (key === 'plural' || key === 'singular')
      errors.push(...dns1035Faults(text).map((fault) => invalid(field, text, fault)))
    else
      errors.push(
        ...dns1035Faults(text.toLowerCase()).map((fault) =>
          invalid(field, text, `may have mixed case, but should otherwise match: ${fault}`),
        ),
      )
  }
  if (name('kind') !== '' && name('kind') === name('listKind'))
    errors.push(invalid('spec.names.listKind', name('listKind'), 'kind and listKind may not be the same'))
  for (const key of ['shortNames', 'categories'])
    for (const [index, text] of listAt(crd, 'spec', 'names', key).map(String).entries())
      errors.push(...dns1035Faults(text).map((fault) => invalid(`spec.names.${key}[${index}]`, text, fault)))
  return errors
}

function conversionErrors(crd: KubeObject): readonly FieldError[] {
  const strategy = textAt(crd, 'spec', 'conversion', 'strategy')
  if (strategy === 'Webhook') throw notImplemented('conversion by webhooks')
  if (strategy === '') return [required('spec.conversion.strategy', '')]
  return strategy === 'None' ? [] : [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])]
}

function statusErrors(crd: KubeObject): readonly FieldError[] {
  const stored = listAt(crd, 'status', 'storedVersions').map(String)
  const versions = listAt(crd, 'spec', 'versions')
  const field = 'status.storedVersions'
  if (stored.length === 0) return [invalid(field, null, 'must have at least one stored version')]
  const missing = versions.flatMap((each) => {
    const name = textAt(each, 'name')
    const isMissing = at(each, 'storage') === true && !stored.includes(name)
    return isMissing ? [invalid(field, stored, `must have the storage version ${name}`)] : []
  })
  const names = versions.map((each) => textAt(each, 'name'))
  const lost = [...stored.entries()]
    .filter(([, name]) => !names.includes(name))
    .map(([index, name]) =>
      invalid(
        `${field}[${index}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    )
  return [...missing, ...lost]
}

/** Groups of Kubernetes itself need an approval that is a URL, or says that there is none. */
function approvalErrors(crd: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const group = textAt(crd, 'spec', 'group')
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return []
  const text = own(crd.metadata.annotations, approval) ?? ''
  const before = old && (own(old.metadata.annotations, approval) ?? '')
  if (before !== undefined && !isApproval(before) && before === text) return []
  const field = `metadata.annotations[${approval}]`
  const where = 'see https://github.com/kubernetes/enhancements/pull/1111'
  if (text === '') return [required(field, `protected groups must have approval annotation "${approval}", ${where}`)]
  return isApproval(text)
    ? []
    : [
        invalid(
          field,
          text,
          `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", ${where}`,
        ),
      ]
}

const isApproval = (text: string): boolean => text.startsWith('unapproved') || /^\w[\w+.-]*:\/\/[^/\s]+/.test(text)

function changes(crd: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  if (!old) return []
  const isEstablished = listAt(old, 'status', 'conditions').some(
    (each) => at(each, 'type') === 'Established' && at(each, 'status') === 'True',
  )
  const fixed = [['group'], ['names', 'plural'], ...(isEstablished ? [['scope'], ['names', 'kind']] : [])]
  return fixed.flatMap((path) => {
    const now = at(crd, 'spec', ...path)
    const isSameValue = now === at(old, 'spec', ...path)
    return isSameValue ? [] : [invalid(`spec.${path.join('.')}`, now, 'field is immutable')]
  })
}
