import { equal, isObject, listAt, timestamp, without } from '../api-server/json.ts'
import type { Json, KubeObject } from '../api-server/types.ts'

export type Condition = {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
}

export const isTrue = (type: string, reason?: string, message?: string): Condition =>
  condition(type, 'True', reason, message)
export const isFalse = (type: string, reason: string, message: string): Condition =>
  condition(type, 'False', reason, message)
export const isUnknown = (type: string, reason?: string, message?: string): Condition =>
  condition(type, 'Unknown', reason, message)

const condition = (type: string, status: Condition['status'], reason = '', message = ''): Condition => ({
  type,
  status,
  ...(reason !== '' && { reason }),
  ...(message !== '' && { message }),
})

/** Ready is what the first that is False says, else the first that is Unknown, else True. */
const readyOf = (conditions: readonly Condition[]): Condition => {
  const told =
    conditions.find(({ status }) => status === 'False') ?? conditions.find(({ status }) => status === 'Unknown')
  return told ? { ...told, type: 'Ready' } : isTrue('Ready')
}

export type Standing = { readonly conditions: readonly Condition[]; readonly fields: Json }

/** The status that an object is to have: the conditions sorted, with the time of their last change kept. Pure. */
export function statusOf(object: KubeObject, { conditions, fields }: Standing, now: number): Json {
  const before = listAt(object, 'status', 'conditions').filter(isObject)
  const wanted = [...conditions, readyOf(conditions)].sort((a, b) => (a.type < b.type ? -1 : 1))
  const { generation } = object.metadata
  return {
    ...fields,
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: wanted.map((each) => {
      const same = before.find((one) => equal(without(one, 'lastTransitionTime'), each))
      return { ...each, lastTransitionTime: same?.['lastTransitionTime'] ?? timestamp(now) }
    }),
  }
}
