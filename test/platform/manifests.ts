import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { Certificates } from '#emulator/host/certificates.ts'
import { REGISTRY } from './images.ts'
import type { Parts } from './parts.ts'

/** An object as a manifest has it. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

/** What the tests do without: sources and sinks that we do not use, and what scales or protects the parts themselves. */
const LEFT_OUT_FILES = /(hpa|job-sink|request-reply|pingsource-mt-adapter)\.yaml$/
const LEFT_OUT_KINDS = new Set(['HorizontalPodAutoscaler', 'PodDisruptionBudget'])

/** Knative Eventing with the multi-tenant broker on in-memory channels, as its own manifests have it. */
export function eventingManifests({ sources, imageOfPackage }: Parts): readonly Manifest[] {
  const objects = read(join(sources.eventing, 'config'), [
    'core/[12]00*.yaml',
    'core/{roles,resources,configmaps,webhooks,deployments}/*.yaml',
    'brokers/mt-channel-broker/{roles,deployments}/*.yaml',
    'channels/in-memory-channel/*.yaml',
    'channels/in-memory-channel/{configmaps,resources,roles,webhooks,deployments}/*.yaml',
  ]).map((object) => tuned(object, imageOfPackage))
  return [...objects, ...imageLists(objects)]
}

/** Knative Serving with Kourier as its ingress. The links in its folders to other modules are not in the module's zip. */
export function servingManifests({ sources, imageOfPackage }: Parts): readonly Manifest[] {
  const objects = [
    ...read(join(sources.serving, 'config/core'), [
      '[12]00*.yaml',
      '{200-roles,300-resources,configmaps,webhooks,deployments}/*.yaml',
    ]),
    ...read(join(sources.networking, 'config'), [
      '{certificate,ingress,serverlessservice,domain-claim,config-network}.yaml',
    ]),
    ...read(join(sources.caching, 'config'), ['image.yaml']),
    ...read(join(sources.kourier, 'config'), ['*.yaml']),
  ].map((object) => tuned(object, imageOfPackage))
  return objects
    .map((object) => withEntry(object, 'config-network', { 'ingress-class': 'kourier.ingress.networking.knative.dev' }))
    .map((object) => withEntry(object, 'config-deployment', { 'registries-skipping-tag-resolving': REGISTRY }))
}

/**
 * KEDA's operator from what kustomize made of its manifests, less the metrics server and the admission webhook. It gets
 * its certificates instead of making them, after which it would end to be started again; and elects no leader of one.
 */
export function kedaManifests(
  rendered: string,
  { imageOfPackage }: Parts,
  certificates: Certificates,
): readonly Manifest[] {
  const withoutItsOwn = rendered
    .replaceAll('--enable-cert-rotation=true', '--enable-cert-rotation=false')
    .replaceAll(/^ *- --leader-elect\n/gm, '')
  const { ca, cert, key } = certificates
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'kedaorg-certs', namespace: 'keda' },
    stringData: { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key },
  }
  const objects = documents(withoutItsOwn).filter(({ kind, metadata }) => {
    if (kind === 'APIService' || kind === 'ValidatingWebhookConfiguration') return false
    return kind !== 'Deployment' || metadata.name === 'keda-operator'
  })
  return [secret, ...objects.map((object) => tuned(object, imageOfPackage))]
}

function read(root: string, patterns: readonly string[]): readonly Manifest[] {
  return patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }).sort())
    .filter((file) => !LEFT_OUT_FILES.test(file))
    .flatMap((file) => documents(readFileSync(join(root, file), 'utf8')))
    .filter(({ kind }) => !LEFT_OUT_KINDS.has(kind))
}

function documents(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null) // an empty document is null
    .filter((object) => object !== null)
}

type Container = {
  readonly readinessProbe?: object
  readonly resources?: { readonly requests?: object }
  readonly env?: readonly { readonly valueFrom?: { readonly configMapKeyRef?: { name: string; key: string } } }[]
}
type Deployment = Manifest & {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } }
}

/** With our images; and Deployments that fit together on a small machine, and are ready a second after they can be. */
function tuned(object: Manifest, imageOfPackage: Parts['imageOfPackage']): Manifest {
  const text = JSON.stringify(object)
    .replaceAll(/ko:\/\/([\w./-]+)/g, (_, path: string) => imageOfPackage[path] ?? `${REGISTRY}/none:1`)
    .replaceAll(/docker\.io\/envoyproxy\/envoy:[\w.-]+/g, `${REGISTRY}/envoy:1`)
    .replaceAll(/ghcr\.io\/kedacore\/keda:[\w.-]+/g, `${REGISTRY}/keda_operator:1`)
    .replaceAll('"imagePullPolicy":"Always"', '"imagePullPolicy":"IfNotPresent"')
  const renamed = JSON.parse(text) as Manifest
  if (!isDeployment(renamed)) return renamed
  const { spec } = renamed
  const pod = spec.template.spec
  const containers = pod.containers.map((container) => ({
    ...container,
    ...(container.readinessProbe && {
      readinessProbe: { ...container.readinessProbe, initialDelaySeconds: 0, periodSeconds: 1 },
    }),
    resources: { ...container.resources, requests: { cpu: '10m', memory: '20Mi' } },
  }))
  return { ...renamed, spec: { ...spec, template: { ...spec.template, spec: { ...pod, containers } } } }
}

function isDeployment(object: Manifest): object is Deployment {
  return object.kind === 'Deployment'
}

/** The ConfigMaps of image names that only Eventing's release process writes, with every key that a Deployment reads. */
function imageLists(objects: readonly Manifest[]): readonly Manifest[] {
  const present = new Set(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name))
  const lists = new Map<string, Record<string, string>>()
  for (const { spec } of objects.filter(isDeployment)) {
    const references = spec.template.spec.containers.flatMap(({ env = [] }) =>
      env.map(({ valueFrom }) => valueFrom?.configMapKeyRef),
    )
    for (const reference of references) {
      if (reference === undefined || present.has(reference.name)) continue
      lists.set(reference.name, { ...lists.get(reference.name), [reference.key]: `${REGISTRY}/none:1` })
    }
  }
  return [...lists].map(([name, data]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'knative-eventing' },
    data,
  }))
}

function withEntry(object: Manifest, name: string, entry: Readonly<Record<string, string>>): Manifest {
  if (object.kind !== 'ConfigMap' || object.metadata.name !== name) return object
  return { ...object, data: { ...(object['data'] as object), ...entry } }
}
