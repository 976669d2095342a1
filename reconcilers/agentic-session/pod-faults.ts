import type { PodSpec } from 'kubernetes-types/core/v1.js'

const LABEL = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
/** What Kubernetes before 1.34 takes, which is what shells can use. */
const VARIABLE = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/

/**
 * What the API server would say of every Pod of a profile, as far as that is easily told: names that are twice the same, of a wrong shape, or of
 * something that is not there. Pure.
 */
export const podFaultsOf = ({
  restartPolicy,
  containers,
  initContainers = [],
  volumes = [],
}: PodSpec): readonly string[] => {
  const all = [...initContainers, ...containers]
  const volumeNames = volumes.map(({ name }) => name)
  return [
    ...(restartPolicy === 'Never'
      ? []
      : [`restartPolicy is ${restartPolicy}, must be Never: a Job of ours tries once`]),
    ...repeated(all.map(({ name }) => name)).map((name) => `there are two containers ${name}`),
    ...repeated(volumeNames).map((name) => `there are two volumes ${name}`),
    ...volumeNames
      .filter((name) => !LABEL.test(name))
      .map((name) => `the volume ${name} must be called by at most 63 small letters, digits and '-'`),
    ...all.flatMap(({ name, volumeMounts = [], env = [] }) =>
      [
        ...volumeMounts
          .filter((mount) => !volumeNames.includes(mount.name))
          .map((mount) => `there is no volume ${mount.name} for ${mount.mountPath}`),
        ...repeated(volumeMounts.map(({ mountPath }) => mountPath)).map((path) => `${path} is mounted twice`),
        ...env
          .filter((variable) => !VARIABLE.test(variable.name))
          .map((variable) => `${JSON.stringify(variable.name)} cannot be the name of a variable`),
      ].map((fault) => `container ${name}: ${fault}`),
    ),
  ]
}

const repeated = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, i) => names.indexOf(name) < i)),
]
