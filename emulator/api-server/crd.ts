import { crdColumns } from './crd-columns.ts'
import { at, isObject, listAt, textAt, timestamp } from './json.ts'
import type { FieldError, KubeObject, ResourceType, Schema } from './types.ts'

export const CRDS = 'customresourcedefinitions.apiextensions.k8s.io'
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/** The singular name, listKind, conversion and storedVersions that the server fills in. Pure. */
export function withCrdDefaults(crd: KubeObject): KubeObject {
  const kind = textAt(crd, 'spec', 'names', 'kind')
  const spec = isObject(crd['spec']) ? crd['spec'] : {}
  const names = isObject(spec['names']) ? spec['names'] : {}
  return {
    ...crd,
    spec: {
      ...spec,
      names: { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names },
      conversion: spec['conversion'] ?? { strategy: 'None' },
    },
  }
}

export const initialCrdStatus = (crd: KubeObject): KubeObject => ({
  ...crd,
  status: {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: listAt(crd, 'spec', 'versions').flatMap((each) =>
      at(each, 'storage') === true ? [textAt(each, 'name')] : [],
    ),
  },
})

/** What the controllers in the real server write some milliseconds later. */
export const established = (crd: KubeObject, now: number): KubeObject => {
  const lastTransitionTime = timestamp(now)
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime,
    reason,
    message,
  })
  return {
    ...crd,
    status: {
      ...(isObject(crd['status']) && crd['status']),
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: at(crd, 'spec', 'names'),
    },
  }
}

/** The resources that a CRD serves, one for each served version. Pure. */
export function typesOf(crd: KubeObject): readonly ResourceType[] {
  const versions = listAt(crd, 'spec', 'versions')
  const storageVersion = textAt(
    versions.find((each) => at(each, 'storage') === true),
    'name',
  )
  const names = at(crd, 'spec', 'names')
  const strings = (key: string): string[] => listAt(names, key).map(String)
  return versions.flatMap((version): ResourceType[] => {
    if (at(version, 'served') !== true) return []
    const schema = at(version, 'schema', 'openAPIV3Schema') as Schema | undefined
    const paths = listAt(version, 'selectableFields').map((each) => textAt(each, 'jsonPath').replace(/^\./, ''))
    return [
      {
        group: textAt(crd, 'spec', 'group'),
        version: textAt(version, 'name'),
        kind: textAt(names, 'kind'),
        listKind: textAt(names, 'listKind'),
        plural: textAt(names, 'plural'),
        singular: textAt(names, 'singular'),
        shortNames: strings('shortNames'),
        categories: strings('categories'),
        namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced',
        subresources: (['status', 'scale'] as const).filter((each) => at(version, 'subresources', each) !== undefined),
        verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
        columns: crdColumns(listAt(version, 'additionalPrinterColumns')),
        ...(schema && { schema }),
        isCustom: true,
        storageVersion,
        ...scalePathsOf(version),
        ...deprecationOf(version, crd),
        selectable: Object.fromEntries(
          paths.map((path) => [path, (object: KubeObject) => textAt(object, ...path.split('.'))]),
        ),
        hasGeneration: true,
        allowsCreateOnUpdate: false,
        allowsUnconditionalUpdate: false,
        returnsDeletedObject: false,
        defaultPropagation: 'Background',
      },
    ]
  })
}

/** What must hold before a definition's schemas can be looked at. Throws for a column that is not implemented. Pure. */
export function shapeErrors(crd: KubeObject): readonly FieldError[] {
  const versions = listAt(crd, 'spec', 'versions')
  for (const version of versions) crdColumns(listAt(version, 'additionalPrinterColumns')) // throws for what is not implemented
  const scope = textAt(crd, 'spec', 'scope')
  const { name = '' } = crd.metadata
  const invalid = (field: string, badValue: unknown, detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field,
    badValue,
    detail,
  })
  const errors: FieldError[] = []
  if (name !== `${textAt(crd, 'spec', 'names', 'plural')}.${textAt(crd, 'spec', 'group')}`)
    errors.push(invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'))
  if (!['Cluster', 'Namespaced'].includes(scope)) {
    const detail = 'supported values: "Cluster", "Namespaced"'
    errors.push({ type: 'FieldValueNotSupported', field: 'spec.scope', badValue: scope, detail })
  }
  if (versions.filter((each) => at(each, 'storage') === true).length !== 1) {
    const detail = 'must have exactly one version marked as storage version'
    errors.push(invalid('spec.versions', versions, detail))
    errors.push(invalid('status.storedVersions', null, 'must have at least one stored version'))
  }
  if (textAt(crd, 'spec', 'group') === '') errors.push({ type: 'FieldValueRequired', field: 'spec.group', detail: '' })
  for (const key of ['plural', 'kind'])
    if (textAt(crd, 'spec', 'names', key) === '')
      errors.push({ type: 'FieldValueRequired', field: `spec.names.${key}`, detail: '' })
  return errors
}

const pathIn = (version: unknown, key: string): string =>
  textAt(version, 'subresources', 'scale', key).replace(/^\./, '')

const scalePathsOf = (version: unknown): Pick<ResourceType, 'scalePaths'> => {
  if (at(version, 'subresources', 'scale') === undefined) return {}
  const selector = pathIn(version, 'labelSelectorPath')
  return {
    scalePaths: {
      replicas: pathIn(version, 'specReplicasPath'),
      current: pathIn(version, 'statusReplicasPath'),
      ...(selector && { selector }),
    },
  }
}

const deprecationOf = (version: unknown, crd: KubeObject): Pick<ResourceType, 'deprecation'> => {
  if (at(version, 'deprecated') !== true) return {}
  const name = `${textAt(crd, 'spec', 'group')}/${textAt(version, 'name')}`
  const text = `${name} ${textAt(crd, 'spec', 'names', 'kind')} is deprecated`
  return { deprecation: textAt(version, 'deprecationWarning') || text }
}
