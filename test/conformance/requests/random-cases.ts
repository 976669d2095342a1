import fc from 'fast-check'
import { aCase, apply, type Case, del, get, json, merge, post, put, type Step, strategic, watch } from './case.ts'
import { cm, job, widget } from './fixtures.ts'

type Kind = 'cm' | 'jobs' | 'widgets'

const kind = fc.constantFrom<Kind>('cm', 'jobs', 'widgets')
const name = fc.constantFrom('a', 'b')
const client = fc.constantFrom('m', 'n', 'o')
const optional = <T>(values: Record<string, fc.Arbitrary<T>>) => fc.record(values, { requiredKeys: [] })

const labels = fc.option(fc.record({ x: fc.constantFrom('1', '2', null) }), { nil: undefined })
const finalizers = fc.option(fc.constantFrom(['x.io/f'], ['x.io/f', 'x.io/g'], null), { nil: undefined, freq: 3 })
const content: Readonly<Record<Kind, fc.Arbitrary<object>>> = {
  cm: fc.record({ data: optional({ k: fc.constantFrom('1', '2', null), l: fc.constantFrom('1', null) }) }),
  jobs: fc.record({
    spec: optional<unknown>({ parallelism: fc.constantFrom(1, 2), backoffLimit: fc.constantFrom(1, 2) }),
  }),
  widgets: fc.record({
    spec: optional<unknown>({
      size: fc.constantFrom(1, 2, 101, null),
      color: fc.constantFrom('red', 'blue'),
      tags: fc.constantFrom(['p'], ['p', 'q']),
    }),
  }),
}
const status: Readonly<Record<Kind, fc.Arbitrary<object>>> = {
  cm: fc.constant({}),
  jobs: fc.record({ status: fc.record({ active: fc.constantFrom(1, 2), ready: fc.constantFrom(0, 1) }) }),
  widgets: fc.record({ status: fc.record({ phase: fc.constantFrom('X', 'Y'), count: fc.constantFrom(1, 11) }) }),
}

const made = { cm, jobs: job, widgets: widget } as const
const object = (of: Kind, named: string, fields: object, metadata: object): object =>
  of === 'jobs'
    ? // A Job that is made without labels counts its first write that changes nothing; see cases/crud.ts.
      made.jobs(named, (fields as { spec?: Readonly<Record<string, unknown>> }).spec, {
        ...metadata,
        labels: { y: '1', ...(metadata as { labels?: object }).labels },
      })
    : made[of](named, { ...fields }, { ...metadata })

const headOf = (of: Kind): object => {
  const { apiVersion, kind } = made[of]('')
  return { apiVersion, kind }
}

const metaOf = (parts: { labels?: object | undefined; finalizers?: readonly string[] | null | undefined }): object => ({
  ...(parts.labels && { labels: parts.labels }),
  ...(parts.finalizers !== undefined && { finalizers: parts.finalizers }),
})

/** A body's resourceVersion: none, the last or the first that was seen. */
const version = fc.constantFrom<'none' | 'last' | 'first'>('none', 'last', 'last', 'first')
const versionOf = (which: 'none' | 'last' | 'first', path: string): object =>
  which === 'none' ? {} : { resourceVersion: `$${which}(${path}).metadata.resourceVersion` }

const change = kind.chain((of) =>
  fc.record({
    of: fc.constant(of),
    name,
    client,
    labels,
    finalizers,
    fields: content[of],
    status: status[of],
    version,
  }),
)

const create = change.map(({ of, name, client, labels, finalizers, fields }) =>
  post(`${of}?fieldManager=${client}`, object(of, name, fields, metaOf({ labels, finalizers }))),
)
const update = fc
  .tuple(change, fc.boolean())
  .map(([{ of, name, client, labels, finalizers, fields, version }, isDry]) =>
    put(`${of}/${name}?fieldManager=${client}${isDry && version === 'first' ? '&dryRun=All' : ''}`, {
      $from: `${of}/${name}`,
      ...headOf(of),
      ...fields,
      metadata: {
        name,
        ...metaOf({ labels, finalizers }),
        resourceVersion: null,
        ...versionOf(version, `${of}/${name}`),
      },
    }),
  )
const updateStatus = change.map(({ of, name, client, labels, fields, status, version }) =>
  put(`${of}/${name}/status?fieldManager=${client}`, {
    $from: `${of}/${name}`,
    ...headOf(of),
    ...fields,
    ...status,
    metadata: { name, ...metaOf({ labels }), resourceVersion: null, ...versionOf(version, `${of}/${name}`) },
  }),
)
const patches = fc
  .tuple(change, fc.constantFrom(merge, merge, strategic), fc.boolean())
  .map(([{ of, name, client, labels, finalizers, fields, status, version }, patch, ofStatus]) =>
    patch(`${of}/${name}${ofStatus && of !== 'cm' ? '/status' : ''}?fieldManager=${client}`, {
      ...fields,
      ...status,
      metadata: { ...metaOf({ labels, finalizers }), ...(version === 'first' && versionOf(version, `${of}/${name}`)) },
    }),
  )
const jsonPatches = fc.tuple(kind, name, fc.constantFrom('1', '2'), fc.nat(3)).map(([of, name, value, which]) =>
  json(
    `${of}/${name}`,
    [
      [{ op: 'add', path: '/metadata/labels', value: { x: value } }],
      [{ op: 'replace', path: '/metadata/labels/x', value }],
      [
        { op: 'test', path: '/metadata/labels/x', value },
        { op: 'remove', path: '/metadata/labels/x' },
      ],
      [{ op: 'remove', path: '/metadata/finalizers' }],
    ][which],
  ),
)
const withoutNulls = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const kept = withoutNulls(item)
      return item === null || (key === 'labels' && Object.keys(kept as object).length === 0) ? [] : [[key, kept]]
    }),
  )
}
const applies = fc
  .tuple(change, fc.boolean())
  .map(([{ of, name, client, labels, finalizers, fields }, isForced]) =>
    apply(
      `${of}/${name}?fieldManager=${client}${isForced ? '&force=true' : ''}`,
      withoutNulls(object(of, name, fields, metaOf({ labels, finalizers }))),
    ),
  )
const remove = fc
  .record({
    of: kind,
    name,
    policy: fc.constantFrom(undefined, undefined, 'Background', 'Foreground', 'Orphan'),
    uid: fc.constantFrom(undefined, undefined, 'last', 'first'),
    version: fc.constantFrom(undefined, undefined, 'last', 'first'),
    isDry: fc.constantFrom(false, false, false, true),
  })
  .map(({ of, name, policy, uid, version, isDry }) => {
    const preconditions = {
      ...(uid && { uid: `$${uid}(${of}/${name}).metadata.uid` }),
      ...(version && { resourceVersion: `$${version}(${of}/${name}).metadata.resourceVersion` }),
    }
    return del(`${of}/${name}${isDry ? '?dryRun=All' : ''}`, {
      ...(policy && { propagationPolicy: policy }),
      ...(Object.keys(preconditions).length > 0 && { preconditions }),
    })
  })
const release = fc.tuple(kind, name).map(([of, name]) => merge(`${of}/${name}`, { metadata: { finalizers: null } }))
const removeAll = kind.chain((of) =>
  fc.constantFrom('', '?labelSelector=x%3D1').map((query) => del(of + query, { propagationPolicy: 'Background' })),
)
const selector = fc.constantFrom(
  '',
  'labelSelector=x%3D1',
  'labelSelector=x%20in%20(1,2)',
  'labelSelector=!x',
  'fieldSelector=metadata.name%3Da',
)
const reads = fc
  .tuple(kind, name, selector, fc.nat(3))
  .map(([of, name, query, which]) =>
    get(
      [
        `${of}/${name}`,
        `${of}?${query}`,
        `${of}?limit=1&${query}`,
        `${of}?limit=1&${query}&continue=$last(${of}).metadata.continue`,
      ][which] ?? of,
    ),
  )
const watches = fc.tuple(kind, selector, fc.constantFrom('', 'list', 'object'), name).map(([of, query, from, name]) => {
  const start =
    from === 'list'
      ? `resourceVersion=$last(${of}).metadata.resourceVersion`
      : from === 'object'
        ? `resourceVersion=$first(${of}/${name}).metadata.resourceVersion`
        : from
  return watch(`${of}?${start}&${query}`)
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: create, weight: 5 },
  { arbitrary: update, weight: 4 },
  { arbitrary: updateStatus, weight: 3 },
  { arbitrary: patches, weight: 4 },
  { arbitrary: jsonPatches, weight: 2 },
  { arbitrary: applies, weight: 3 },
  { arbitrary: remove, weight: 4 },
  { arbitrary: release, weight: 2 },
  { arbitrary: removeAll, weight: 1 },
  { arbitrary: reads, weight: 3 },
  { arbitrary: watches, weight: 2 },
)

const sequence = fc.array(step, { minLength: 10, maxLength: 25, size: 'max' })

/** Sequences by three clients on three kinds; the same seed gives the same ones. */
export const randomCases = (seed: number, count: number): readonly Case[] =>
  fc.sample(sequence, { seed, numRuns: count }).map((steps, index) => aCase(`random ${seed} ${index}`, steps))
