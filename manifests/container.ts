import type { FunctionDefinition } from '#sdk/index.ts'
import { CONFIG, IMAGE, PROFILES } from './names.ts'

/** What a function needs a manifest to know of it. */
export type Hosted = Pick<FunctionDefinition, 'name' | 'mistakesIn'>

const FOLDER = '/etc/dormouse'

/** Of a function that makes sessions: how they run. Nobody has to make that ConfigMap. */
export const volumesOf = ({ mistakesIn }: Hosted) =>
  mistakesIn ? { volumes: [{ name: PROFILES.volume, configMap: { name: PROFILES.configMap, optional: true } }] } : {}

/**
 * The container of a function. No CPU limit: it would stretch every cold start. The memory limit is above the 259 MiB that Node lets its heap
 * grow to, however little there is: below, a process is killed for what it has not yet had a reason to collect.
 */
export const containerOf = ({ name, mistakesIn }: Hosted) => ({
  name: 'function',
  image: IMAGE,
  args: [`${name}/main.cjs`],
  envFrom: [{ configMapRef: { name: CONFIG } }],
  ...(mistakesIn && {
    env: [{ name: 'RUNNER_PROFILES', value: `${FOLDER}/${PROFILES.key}` }],
    volumeMounts: [{ name: PROFILES.volume, mountPath: FOLDER, readOnly: true }],
  }),
  resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '384Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
})
