import { defineReconciler } from '#sdk/index.ts'
import { observe } from './observe.ts'
import { planSession } from './plan.ts'
import { sessionKind } from './schema.ts'

/** Brings an AgenticSession to its end: the one room that all doors lead to. */
export const agenticSession = defineReconciler({ kind: sessionKind, observe, plan: planSession })
