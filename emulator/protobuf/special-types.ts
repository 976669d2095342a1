type Fields = Readonly<Record<string, unknown>>

const parsed = (base64: unknown): unknown => {
  const text = Buffer.from(String(base64 ?? ''), 'base64').toString('utf8')
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

/** The zero of Go's Time is written as no field at all, and in JSON as null. */
const time =
  (digits: number) =>
  (fields: Fields): string | undefined => {
    if (fields['seconds'] === undefined && fields['nanos'] === undefined) return undefined
    const whole = new Date(Number(fields['seconds'] ?? 0) * 1000).toISOString().slice(0, 19)
    const fraction = String(Math.floor(Number(fields['nanos'] ?? 0) / 1000)).padStart(6, '0')
    return digits === 0 ? `${whole}Z` : `${whole}.${fraction}Z`
  }

/** Messages whose Go types write themselves in JSON: what they become. */
export const specialTypes: Readonly<Record<string, (fields: Fields) => unknown>> = {
  'meta.v1.Time': time(0),
  'meta.v1.MicroTime': time(6),
  'meta.v1.FieldsV1': ({ Raw }) => parsed(Raw),
  'resource.Quantity': ({ string }) => string ?? '0',
  'intstr.IntOrString': ({ type, intVal, strVal }) => (type === 1 ? (strVal ?? '') : (intVal ?? 0)),
  'runtime.RawExtension': (fields) => parsed(fields['-']),
  'authentication.v1.ExtraValue': ({ items }) => items ?? [],
  'authorization.v1.ExtraValue': ({ items }) => items ?? [],
  'apiextensions.v1.JSON': (fields) => parsed(fields['-']),
  'apiextensions.v1.JSONSchemaPropsOrArray': ({ schema, jSONSchemas }) => jSONSchemas ?? schema,
  'apiextensions.v1.JSONSchemaPropsOrBool': ({ schema, allows }) => schema ?? allows === true,
  'apiextensions.v1.JSONSchemaPropsOrStringArray': ({ schema, property }) => property ?? schema,
}
