import { defineFunction, settled } from '#sdk/index.ts'

/** Woken by events that could not be delivered to the others: says which, and why. The sweep repairs what they were about. */
export default defineFunction({
  name: 'on-dead-letter',
  on: [{ deadLetters: true }],
  access: [],
  handle: async ({ type, subject, id, knativeerrorcode, knativeerrordest }, { log }) => {
    log.warn({ type, subject, id, code: knativeerrorcode, destination: knativeerrordest }, 'event not delivered')
    return settled('DeadLetter')
  },
})
