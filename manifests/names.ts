/** The namespace that everything of ours lives in. Sessions live where their users put them. */
export const NAMESPACE = 'dormouse'

export const BROKER = 'dormouse'

/** Replaced by kustomize: `images` in the root's kustomization.yaml, and in that of `always-on/`. */
export const IMAGE = 'dormouse'

/** The ConfigMap whose keys are the environment of every function. */
export const CONFIG = 'dormouse'

/** The ConfigMap that says how sessions run, and its one key. */
export const PROFILES = {
  configMap: 'dormouse-runner-profiles',
  key: 'runner-profiles.yaml',
  volume: 'runner-profiles',
} as const

export const labelsOf = (name: string) => ({
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': 'dormouse',
})
