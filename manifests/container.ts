import { CONFIG, IMAGE } from './names.ts'

/**
 * The container of a function. No CPU limit: it would stretch every cold start. The memory limit is above the 259 MiB that Node lets its heap
 * grow to, however little there is: below, a process is killed for what it has not yet had a reason to collect.
 */
export const containerOf = (name: string) => ({
  name: 'function',
  image: IMAGE,
  args: [`${name}/main.cjs`],
  envFrom: [{ configMapRef: { name: CONFIG } }],
  resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '384Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
})
