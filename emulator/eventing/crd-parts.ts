import type { Json } from '../api-server/types.ts'
import { integer, listOf, partial, type Rule, text, texts } from '../partial-schema.ts'

/** Pieces of structural schemas that several of the eventing kinds share. */

export const filled: Json = { type: 'string', minLength: 1 }

export const ruled = (schema: Json, ...rules: readonly Rule[]): Json => ({
  ...schema,
  'x-kubernetes-validations': rules,
})

const reference = partial(
  { apiVersion: filled, kind: filled, name: filled, namespace: text },
  { text: 'address group' },
  { required: ['apiVersion', 'kind', 'name'] },
)

/** duck/v1 Destination, with the rules of its Validate. */
export const destination: Json = partial(
  { ref: reference, uri: filled },
  { text: 'CACerts audience' },
  {
    rules: [
      { rule: 'has(self.ref) || has(self.uri)', message: 'expected at least one, got none: ref, uri' },
      {
        rule: "!has(self.uri) || has(self.ref) || self.uri.matches('^https?://[^/]+')",
        message: 'Relative URI is not allowed when Ref is absent',
      },
      {
        rule: "!has(self.uri) || !has(self.ref) || !self.uri.matches('^[a-z]+://')",
        message: 'Absolute URI is not allowed when Ref is present',
      },
      {
        rule: "!has(self.uri) || !self.uri.startsWith('https:')",
        message: 'the embedded control plane does not implement TLS (a uri of https)',
      },
    ],
  },
)

// Of ISO 8601 what is of fixed length: no years, months and weeks.
const number = '[0-9]+(\\.[0-9]+)?'
const duration = `^P(${number}D)?(T(${number}H)?(${number}M)?(${number}S)?)?$`
const iso: Json = ruled(
  { type: 'string', pattern: duration },
  { rule: "self.matches('[0-9]')", message: 'must be an ISO 8601 duration' },
)

/** duck/v1 DeliverySpec with the feature flags as they are shipped: delivery-timeout on, delivery-retryafter off. */
export const delivery: Json = partial(
  {
    deadLetterSink: destination,
    retry: integer(0),
    timeout: ruled(
      { type: 'string', pattern: duration },
      { rule: "self.matches('[1-9]')", message: 'must be above zero' },
    ),
    backoffPolicy: { type: 'string', enum: ['linear', 'exponential'] },
    backoffDelay: iso,
    retryAfterMax: text,
    format: { type: 'string', enum: ['json', 'binary'] },
  },
  {},
  {
    rules: [
      {
        rule: '!has(self.retryAfterMax)',
        message: 'must not set the field(s): retryAfterMax (the feature delivery-retryafter is disabled)',
      },
    ],
  },
)

const nameRule = (attributes: string): Rule => ({
  rule: `${attributes}.all(name, name.matches('^[a-z][a-z0-9]*$'))`,
  message: 'Attribute name must start with a letter and can only contain lowercase alphanumeric',
})

export const attributes: Json = ruled(texts, nameRule('self'))
const filledAttributes: Json = { type: 'object', minProperties: 1, additionalProperties: filled }

const byAttributes = ['exact', 'prefix', 'suffix']
const dialects = [...byAttributes, 'any', 'all', 'not', 'cesql']

/** One element of `filters`. A schema cannot contain itself, so filters nest up to `depth` and no deeper. All rules are at one place: each place costs. */
export const filter = (depth: number): Json => {
  const nested = depth > 0 ? filter(depth - 1) : undefined
  const many: Json = { type: 'array', minItems: 1, items: nested }
  return partial(
    {
      ...Object.fromEntries(byAttributes.map((dialect) => [dialect, filledAttributes])),
      ...(nested && { any: many, all: many, not: nested }),
    },
    nested ? { text: 'cesql' } : { text: 'cesql', list: 'any all', object: 'not' },
    {
      rules: [
        {
          rule: `[${dialects.map((dialect) => `has(self.${dialect})`).join(', ')}].filter(is, is).size() == 1`,
          message: 'filters can have only one dialect set, and need one',
        },
        ...byAttributes.map((dialect) => {
          const { rule, message } = nameRule(`self.${dialect}`)
          return { rule: `!has(self.${dialect}) || ${rule}`, ...(message && { message }) }
        }),
      ],
    },
  )
}

export const labelSelector: Json = partial({
  matchLabels: texts,
  matchExpressions: listOf(
    partial(
      {
        key: filled,
        operator: { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
        values: listOf(text),
      },
      {},
      { required: ['key', 'operator'] },
    ),
  ),
})

/** What every status has, and `more`. */
export const status = (more: Readonly<Record<string, Json>>): Json =>
  partial({
    observedGeneration: { type: 'integer', format: 'int64' },
    conditions: listOf(
      partial(
        { type: text, status: text, reason: text, message: text, severity: text, lastTransitionTime: text },
        {},
        { required: ['type', 'status'] },
      ),
    ),
    ...more,
  })
