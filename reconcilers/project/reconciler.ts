import { defineReconciler } from '#sdk/index.ts'
import { absent, observe } from './observe.ts'
import { planProject } from './plan.ts'
import { projectSettingsKind } from './schema.ts'

/** Gives a namespace that is looked after what its ProjectSettings say, and takes it away again where it no longer is. */
export const project = defineReconciler({ kind: projectSettingsKind, absent, observe, plan: planProject })
