/** The label of the namespaces that are looked after. What happens elsewhere is nobody's business here. */
export const managedNamespace = { 'ambient-code.io/managed': 'true' } as const
