import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeObject } from '#emulator/api-server/types.ts'
import type { Case, Step } from '#test/conformance/controllers/cases.ts'
import { createRecorder, type Recorded, type Recorder } from '#test/conformance/controllers/record.ts'
import { isOver } from '#test/conformance/controllers/waits.ts'
import type { ControlPlane } from './control-plane.ts'
import { aJob } from './fixtures.ts'

const JOBS = '/apis/batch/v1/namespaces/default/jobs'

/** Plays all cases at once and gives what became of each. */
export async function recordControllers(
  { api }: ControlPlane,
  cases: readonly Case[],
): Promise<ReadonlyMap<string, Recorded>> {
  const recorders = new Map(cases.map(({ name }) => [name, createRecorder(name)]))
  const stopping = new AbortController()
  const follow = async (path: string, kind: string): Promise<void> => {
    try {
      for await (const { type, object } of api.watch<KubeObject>(
        `${path}?watch=true&timeoutSeconds=900`,
        stopping.signal,
      ))
        for (const recorder of recorders.values()) recorder.see(type, { ...object, kind: object.kind ?? kind })
    } catch (error) {
      if (!stopping.signal.aborted) throw error
    }
  }
  const watches = [
    follow(JOBS, 'Job'),
    follow('/api/v1/namespaces/default/pods', 'Pod'),
    follow('/api/v1/namespaces/default/events', 'Event'),
  ]
  const recorded = await Promise.all(
    cases.map(async ({ name, steps }): Promise<[string, Recorded]> => {
      const recorder = recorders.get(name) as Recorder // made above
      for (const step of steps) await play(api, name, step, recorder)
      await sleep(2000)
      return [name, structuredClone(recorder.recorded())]
    }),
  )
  stopping.abort()
  await Promise.all(watches)
  return new Map(recorded)
}

async function play(api: ControlPlane['api'], name: string, step: Step, recorder: Recorder): Promise<void> {
  switch (step.do) {
    case 'create':
      await api.post(JOBS, aJob(name, step.wishes, step.spec))
      return
    case 'patch':
      await api.patch(`${JOBS}/${name}`, 'merge', step.patch)
      return
    case 'delete':
      await api.delete(`${JOBS}/${name}`, { ...(step.policy && { propagationPolicy: step.policy }) })
      return
    case 'delete pod': {
      const pod = recorder.pods()[step.index]
      await api.delete(`/api/v1/namespaces/default/pods/${pod?.metadata.name}`)
      return
    }
    case 'wait': {
      if ('seconds' in step.for) return sleep(step.for.seconds * 1000)
      for (const begin = Date.now(); !isOver(step.for, recorder); await sleep(50))
        if (Date.now() - begin > 120_000) throw new Error(`${name}: waited in vain for ${JSON.stringify(step.for)}`)
    }
  }
}
