import type { Container, EnvVarSource } from 'kubernetes-types/core/v1.d.ts'
import type { PodObject } from '../controllers/pods.ts'

/** What a Pod's environment is made of beside the Pod. Text as it is, of a Secret decoded. */
export type Sources = {
  readonly configMap: (namespace: string, name: string) => Readonly<Record<string, string>> | undefined
  readonly secret: (namespace: string, name: string) => Readonly<Record<string, string>> | undefined
}

type Env = Readonly<Record<string, string>>

/** The environment and command line of a container, or a sentence that says what is missing, as the kubelet's. Pure but for `sources`. */
export function environmentOf(
  pod: PodObject,
  container: Container,
  sources: Sources,
): { readonly env: Env; readonly command: readonly string[]; readonly args: readonly string[] } | string {
  const { namespace = '' } = pod.metadata
  const env: Record<string, string> = {}
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const [kind, ref] = configMapRef ? (['configMap', configMapRef] as const) : (['secret', secretRef] as const)
    const found = sources[kind](namespace, ref?.name ?? '')
    if (!found && ref?.optional !== true) return `${kind.toLowerCase()} "${ref?.name}" not found`
    for (const [key, value] of Object.entries(found ?? {})) env[`${prefix}${key}`] = value
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (!valueFrom) {
      env[name] = expand(value ?? '', env)
      continue
    }
    const found = valueFor(pod, container, valueFrom, sources)
    if (typeof found === 'object') return found.missing
    if (found !== undefined) env[name] = found
  }
  const expanded = (words: readonly string[] = []): readonly string[] => words.map((word) => expand(word, env))
  return { env, command: expanded(container.command), args: expanded(container.args) }
}

/** `$(NAME)` becomes its value where it has one; `$$(NAME)` is `$(NAME)`. */
export const expand = (text: string, env: Env): string =>
  text.replaceAll(/\$(\$|\(([^)]*)\))/g, (whole, next: string, name: string) =>
    next === '$' ? '$' : (env[name] ?? whole),
  )

function valueFor(
  pod: PodObject,
  container: Container,
  { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef }: EnvVarSource,
  sources: Sources,
): string | undefined | { readonly missing: string } {
  const { namespace = '' } = pod.metadata
  if (fieldRef) return fieldOf(pod, fieldRef.fieldPath)
  if (resourceFieldRef) {
    const [kind, name = ''] = resourceFieldRef.resource.split('.')
    const all = kind === 'limits' ? container.resources?.limits : container.resources?.requests
    return String(all?.[name] ?? '0')
  }
  const [kind, label, ref] = configMapKeyRef
    ? (['configMap', 'ConfigMap', configMapKeyRef] as const)
    : (['secret', 'Secret', secretKeyRef] as const)
  const found = sources[kind](namespace, ref?.name ?? '')
  const value = found?.[ref?.key ?? '']
  if (value !== undefined || ref?.optional === true) return value
  if (!found) return { missing: `${kind.toLowerCase()} "${ref?.name}" not found` }
  return { missing: `couldn't find key ${ref?.key} in ${label} ${namespace}/${ref?.name}` }
}

function fieldOf({ metadata, spec, status }: PodObject, path: string): string | { readonly missing: string } {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path)
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? ''
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.hostIP': status.hostIP,
    'status.hostIPs': status.hostIP,
    'status.podIP': status.podIP,
    'status.podIPs': status.podIP,
  }
  return path in fields ? (fields[path] ?? '') : { missing: `unsupported fieldPath: ${path}` }
}
