import { faultsIn } from '#sdk/index.ts'
import { type GroupAccess, type ProjectSettings, settingsSchema } from './schema.ts'

/** What is wrong with settings that were stored before their schema came, each with its path. Pure. */
export const settingsFaultsOf = ({ spec }: ProjectSettings): readonly string[] =>
  spec === undefined ? [] : faultsIn(settingsSchema, spec, 'spec')

/** Whether `groupAccess` says, entry by entry, who is to have what. Pure. */
export const isAccessKnown = (settings: ProjectSettings): boolean => {
  const stored: unknown = settings.spec?.groupAccess
  return settings.spec === undefined || (Array.isArray(stored) && stored.length === entriesOf(settings).length)
}

/** The entries of `groupAccess` that can be understood. Pure. */
export const entriesOf = ({ spec }: ProjectSettings): readonly GroupAccess[] => {
  const stored: unknown = spec?.groupAccess
  const { items } = settingsSchema.properties.groupAccess
  return Array.isArray(stored) ? stored.filter((entry) => faultsIn(items, entry, '').length === 0) : []
}
