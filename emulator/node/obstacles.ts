import type { Container } from 'kubernetes-types/core/v1.d.ts'
import type { PodObject } from '../controllers/pods.ts'
import type { Sources } from './environment.ts'

/** What of a container the node does not know, in a sentence: it does not start it. */
export function unsupportedIn({ lifecycle, ...container }: Container): string | undefined {
  const { restartPolicy, restartPolicyRules } = container as { restartPolicy?: string; restartPolicyRules?: object }
  const strange = [
    ...(restartPolicy !== undefined || restartPolicyRules !== undefined ? ['a restartPolicy of its own'] : []),
    ...(lifecycle?.postStart !== undefined ? ['lifecycle.postStart'] : []),
    ...Object.keys(lifecycle?.preStop ?? {})
      .filter((kind) => kind !== 'sleep')
      .map((kind) => `lifecycle.preStop.${kind}`),
  ]
  return strange.length === 0 ? undefined : `the emulator does not implement ${strange.join(', ')}`
}

/** What a volume of the Pod is to be filled from and is not there, in the kubelet's words. */
export function missingVolume({ metadata, spec }: PodObject, sources: Sources): string | undefined {
  const { namespace = '' } = metadata
  for (const { name, configMap, secret, projected } of spec.volumes ?? []) {
    const wanted = [
      ...(configMap ? [['configMap', configMap.name, configMap.optional] as const] : []),
      ...(secret ? [['secret', secret.secretName, secret.optional] as const] : []),
      ...(projected?.sources ?? []).flatMap((each) => [
        ...(each.configMap ? [['configMap', each.configMap.name, each.configMap.optional] as const] : []),
        ...(each.secret ? [['secret', each.secret.name, each.secret.optional] as const] : []),
      ]),
    ]
    for (const [kind, source = '', optional] of wanted)
      if (!optional && !sources[kind](namespace, source))
        return `MountVolume.SetUp failed for volume "${name}" : ${kind.toLowerCase()} "${source}" not found`
  }
  return undefined
}
