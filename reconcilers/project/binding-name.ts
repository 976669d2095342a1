import type { GroupAccess } from './schema.ts'

/** So that the name with its end and the role stays a DNS label. */
const LONGEST = 45

/**
 * The name of the RoleBinding of an entry: `<group>-<role>`. A group that is no DNS label has what does not fit replaced, and ends in a
 * dot and eight digits that follow from its whole name, so that two that look alike then do not share a binding. Pure.
 */
export const bindingNameOf = ({ groupName, role }: GroupAccess): string => {
  if (groupName.length <= LONGEST + 9 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(groupName))
    return `${groupName}-${role}`
  const words = groupName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^-+|-+$/g, '')
  return `${words || 'group'}.${digitsOf(groupName)}-${role}`
}

/** FNV-1a of 32 bits, over UTF-16 units. */
const digitsOf = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
