import { NAMESPACE } from '#manifests/names.ts'
import type { Figure } from '../report.ts'
import { type ContainerUsage, residentMebibytes } from './usage.ts'

const POD_MEBIBYTES = 90

/** What one Pod has in memory, in MiB; `ofProcess` is the part of the function's own container. */
export type PodMemory = { readonly podUid: string; readonly workingSet: number; readonly ofProcess: number }

/** The Pods of a service that the kubelet knows the memory of. Pure. */
export const memoryOf = (usage: readonly ContainerUsage[], service: string): readonly PodMemory[] => {
  const ofService = usage.filter(({ namespace, pod }) => namespace === NAMESPACE && pod.startsWith(`${service}-`))
  const pods = new Set(ofService.map(({ podUid }) => podUid))
  return [...pods].flatMap((podUid) => {
    const containers = ofService.filter((each) => each.podUid === podUid && each.mebibytes > 0)
    const process = containers.find(({ container }) => container === 'function')
    if (!process) return []
    const workingSet = containers.reduce((total, { mebibytes }) => total + mebibytes, 0)
    return [{ podUid, workingSet, ofProcess: process.mebibytes }]
  })
}

/** The most that any Pod of some services is seen to have in memory, as often as somebody looks. */
export type MemoryWatch = {
  readonly look: () => Promise<void>
  /** Throws where no Pod of a service was seen. */
  readonly figures: (services: readonly string[], limited: (service: string) => boolean) => readonly Figure[]
}

type Most = Omit<PodMemory, 'podUid'> & { readonly resident: number }

/** `read` asks the kubelet. */
export const watchMemory = (
  read: () => Promise<readonly ContainerUsage[]>,
  services: readonly string[],
): MemoryWatch => {
  const most = new Map<string, Most>()
  return {
    look: async () => {
      const usage = await read()
      for (const service of services)
        for (const pod of memoryOf(usage, service)) {
          const before = most.get(service) ?? { workingSet: 0, ofProcess: 0, resident: 0 }
          const resident = Math.max(before.resident, residentMebibytes(pod.podUid))
          const { workingSet, ofProcess } = pod.workingSet > before.workingSet ? pod : before
          most.set(service, { workingSet, ofProcess, resident })
        }
    },
    figures: (wanted, limited) =>
      wanted.flatMap((service) => {
        const seen = most.get(service)
        if (!seen) throw new Error(`the kubelet told of no memory of a Pod of ${service}`)
        if (seen.resident === 0) throw new Error(`no process of a Pod of ${service} was found`)
        const name = `platform/memory/${service}`
        return [
          { name, value: seen.workingSet, unit: 'MiB', ...(limited(service) && { limit: POD_MEBIBYTES }) },
          { name: `${name}/its process`, value: seen.ofProcess, unit: 'MiB' },
          { name: `${name}/resident`, value: seen.resident, unit: 'MiB' },
        ]
      }),
  }
}
