import { describe, expect, it } from 'vitest'
import { eventAbout } from './events.ts'

const about = (name: string, message = '') =>
  eventAbout(
    {
      apiVersion: 'test/v1',
      kind: 'Nap',
      metadata: { name, namespace: 'home', uid: '3f2504e0-4f89', resourceVersion: '7' },
    },
    { type: 'Normal', reason: 'Asleep', message, mark: '7.0', component: 'test', first: '2026-03-01T12:00:00Z' },
  )

describe('an Event', () => {
  it('is named after its object, the uid and the mark', () => {
    expect(about('noon').metadata.name).toBe('noon.3f2504e0.7.0')
  })

  it('has a name of at most 253 characters, in which no label ends badly', () => {
    const { name } = about(`${'a'.repeat(239)}-.${'b'.repeat(12)}`).metadata
    expect(name).toBe(`${'a'.repeat(239)}.3f2504e0.7.0`)
    expect(about('a'.repeat(253)).metadata.name).toHaveLength(253)
  })

  it('has a message of at most 1024 characters, and no half of one', () => {
    const { message } = about('noon', '🛌'.repeat(600))
    expect(message.length).toBeLessThanOrEqual(1024)
    expect(message.isWellFormed()).toBe(true)
    expect(message.endsWith('…')).toBe(true)
  })
})
