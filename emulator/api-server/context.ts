import { builtInType } from '../patch/built-in-types.ts'
import { customType } from '../patch/custom-types.ts'
import type { TypeInfo } from '../patch/types.ts'
import { applyDefaults, dropNulls } from '../schema/defaults.ts'
import { prune } from '../schema/prune.ts'
import type { World } from '../world.ts'
import { builtIns } from './built-ins.ts'
import { CRDS, typesOf } from './crd.ts'
import { isEstablished } from './crd-conditions.ts'
import type { RequestInfo } from './request-info.ts'
import { qualified } from './status.ts'
import type { Store } from './store.ts'
import type { KubeObject, Request, ResourceType } from './types.ts'

/** What every verb works with. */
export type Core = { readonly store: Store; readonly world: World; readonly types: () => readonly ResourceType[] }

/** One request for a served resource, its authorisation behind it. */
export type Call = {
  readonly core: Core
  readonly request: Request
  readonly info: RequestInfo
  readonly type: ResourceType
  /** Collected on the way, for the Warning header. */
  readonly warnings: string[]
}

export function createCore(store: Store, world: World, resources: readonly ResourceType[] = builtIns): Core {
  const made = new WeakMap<KubeObject, readonly ResourceType[]>()
  const customTypes = (crd: KubeObject): readonly ResourceType[] => {
    const known = made.get(crd) ?? typesOf(crd)
    made.set(crd, known)
    return known
  }
  let all = resources
  let madeAt = 0
  const types = (): readonly ResourceType[] => {
    const changedAt = store.changedAt(CRDS)
    if (changedAt === madeAt) return all
    madeAt = changedAt
    const crds = store.list(CRDS, '') ?? []
    all = crds.length === 0 ? resources : [...resources, ...crds.filter(isEstablished).flatMap(customTypes)]
    return all
  }
  return { store, world, types }
}

const byName = new WeakMap<readonly ResourceType[], ReadonlyMap<string, ResourceType>>()

export function typeOf(core: Core, group: string, version: string, plural: string): ResourceType | undefined {
  const types = core.types()
  const known = byName.get(types) ?? new Map(types.toReversed().map((type) => [nameOf(type), type]))
  byName.set(types, known)
  return known.get(nameOf({ group, version, plural }))
}

const nameOf = ({ group, version, plural }: Pick<ResourceType, 'group' | 'version' | 'plural'>): string =>
  `${group}/${version}/${plural}`

export const tableOf = (type: ResourceType): string => qualified(type)
export const apiVersionOf = ({ group, version }: ResourceType): string =>
  group === '' ? version : `${group}/${version}`
export const isDryRun = ({ info }: Call): boolean => info.query.getAll('dryRun').length > 0
export const keyFor = ({ type, info }: Call, name = info.name): string =>
  type.namespaced ? `${info.namespace ?? ''}/${name}` : name

const infos = new WeakMap<ResourceType, TypeInfo | 'none'>()

/** What patches and field ownership need to know; `undefined` for a kind that emulator/patch has no table of. */
export function typeInfoOf(type: ResourceType): TypeInfo | undefined {
  const known = infos.get(type) ?? made(type) ?? 'none'
  infos.set(type, known)
  return known === 'none' ? undefined : known
}

const made = (type: ResourceType): TypeInfo | undefined =>
  type.isCustom
    ? customType({
        apiVersion: apiVersionOf(type),
        kind: type.kind,
        schema: type.schema ?? {},
        hasStatus: type.subresources.includes('status'),
        ...(type.alsoVersions && { alsoVersions: type.alsoVersions }),
      })
    : builtInType(apiVersionOf(type), type.kind)

/** A custom object without what its schema does not know, without nulls that mean nothing, and with its defaults. */
export function cleaned({ isCustom, schema }: ResourceType, object: KubeObject): KubeObject {
  return isCustom && schema ? applyDefaults(schema, dropNulls(schema, prune(schema, object))) : object
}

const readings = new WeakMap<ResourceType, WeakMap<KubeObject, KubeObject>>()

/**
 * As the client of this version sees a stored object: what was written under another schema is pruned and defaulted by today's. Versions
 * of a CRD differ in nothing else: conversion is `None`.
 */
export function inVersion(object: KubeObject, type: ResourceType): KubeObject {
  if (!type.isCustom) return object
  const known = readings.get(type) ?? new WeakMap<KubeObject, KubeObject>()
  readings.set(type, known)
  const found = known.get(object)
  if (found) return found
  const apiVersion = apiVersionOf(type)
  const made = cleaned(type, object.apiVersion === apiVersion ? object : { ...object, apiVersion })
  known.set(object, made)
  return made
}
