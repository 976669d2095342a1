import { crdColumns } from './crd-columns.ts'
import { at, isObject, listAt, textAt } from './json.ts'
import type { KubeObject, ResourceType, Schema } from './types.ts'

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
      names: { ...(kind !== '' && { singular: kind.toLowerCase(), listKind: `${kind}List` }), ...names },
      conversion: spec['conversion'] ?? { strategy: 'None' },
    },
  }
}

/** A version that is stored from now on is remembered as one that was. Pure. */
export function withStoredVersion(crd: KubeObject): KubeObject {
  const stored = listAt(crd, 'status', 'storedVersions')
  const added = listAt(crd, 'spec', 'versions').flatMap((each) =>
    at(each, 'storage') === true && !stored.includes(at(each, 'name')) ? [at(each, 'name')] : [],
  )
  if (added.length === 0) return crd
  return { ...crd, status: { ...(isObject(crd['status']) && crd['status']), storedVersions: [...stored, ...added] } }
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

/** The resources that a CRD serves, one for each served version. Pure. */
export function typesOf(crd: KubeObject): readonly ResourceType[] {
  const versions = listAt(crd, 'spec', 'versions')
  const storageVersion = textAt(
    versions.find((each) => at(each, 'storage') === true),
    'name',
  )
  const names = at(crd, 'status', 'acceptedNames')
  const group = textAt(crd, 'spec', 'group')
  const served = versions.filter((each) => at(each, 'served') === true).map((each) => textAt(each, 'name'))
  const strings = (key: string): string[] => listAt(names, key).map(String)
  return versions.flatMap((version): ResourceType[] => {
    if (at(version, 'served') !== true) return []
    const schema = at(version, 'schema', 'openAPIV3Schema') as Schema | undefined
    const paths = listAt(version, 'selectableFields').map((each) => textAt(each, 'jsonPath').replace(/^\./, ''))
    return [
      {
        group,
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
        alsoVersions: served.filter((name) => name !== textAt(version, 'name')).map((name) => `${group}/${name}`),
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
