import { accessGroups } from './access-cases.ts'
import { admissionGroups } from './admission-cases.ts'
import { bodyGroups } from './body-cases.ts'
import type { Group } from './case.ts'
import { decodingGroups } from './decoding-cases.ts'
import { jobGroups } from './job-cases.ts'
import { objectGroups } from './object-cases.ts'
import { podGroups } from './pod-cases.ts'
import { policyGroups } from './policy-cases.ts'

export const groups: readonly Group[] = [
  ...podGroups,
  ...jobGroups,
  ...objectGroups,
  ...accessGroups,
  ...admissionGroups,
  ...bodyGroups,
  ...policyGroups,
  ...decodingGroups,
]
