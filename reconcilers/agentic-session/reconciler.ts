import { defineReconciler } from '#sdk/index.ts'
import { reconcileDuration } from './metrics.ts'
import { observe } from './observe.ts'
import { planSession } from './plan.ts'
import { phaseOf, sessionKind } from './schema.ts'
import { isNew } from './telling.ts'

/** Brings an AgenticSession to its end: the one room that all doors lead to. */
export const agenticSession = defineReconciler({
  kind: sessionKind,
  observe,
  plan: planSession,
  duration: {
    metric: reconcileDuration,
    labels: (session, isSuccess) => ({
      phase: session && !isNew(session) ? phaseOf(session) : 'None',
      success: String(isSuccess),
    }),
  },
})
