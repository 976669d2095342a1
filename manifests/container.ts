import { CONFIG, IMAGE } from './names.ts'

/** The container of a function. No CPU limit: it would stretch every cold start. */
export const containerOf = (name: string) => ({
  name: 'function',
  image: IMAGE,
  args: [`${name}/main.cjs`],
  envFrom: [{ configMapRef: { name: CONFIG } }],
  resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '256Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
})
