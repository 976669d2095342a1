import { describe, expect, it } from 'vitest'
import { faultsOf } from './spec-faults.ts'

describe('a spec has no faults', () => {
  it.each([
    ['that is absent', undefined],
    ['that is empty', {}],
    ['with fields of old', { prompt: 'tidy up', interactive: true, constructor: 1 }],
    ['at its bounds', { timeout: 0, llmSettings: { temperature: 2, maxTokens: 1 } }],
    ['with free-form servers', { mcpServers: { custom: { a: { url: 5 } }, disabled: ['b'] } }],
    [
      'in full',
      { repos: [{ url: 'https://git/a' }], environmentVariables: { A: '1' }, userContext: { groups: ['g'] } },
    ],
  ])('%s', (_, spec) => {
    expect(faultsOf(spec)).toEqual([])
  })
})

describe('a spec is told', () => {
  it.each([
    ['no object', null, ['spec is null, must be object']],
    ['a list', [], ['spec is [], must be object']],
    ['a text for a number', { timeout: 'soon' }, ['spec.timeout is "soon", must be integer']],
    ['half a second', { timeout: 0.5 }, ['spec.timeout is 0.5, must be integer']],
    ['too small a number', { timeout: -1 }, ['spec.timeout is -1, must be from 0 to 2592000']],
    [
      'too large a number',
      { llmSettings: { temperature: 2.1 } },
      ['spec.llmSettings.temperature is 2.1, must be from 0 to 2'],
    ],
    ['null for a text', { initialPrompt: null }, ['spec.initialPrompt is null, must be string']],
    ['an object for a list', { repos: {} }, ['spec.repos is {}, must be array']],
    ['an item of another type', { repos: [{ url: 'a' }, 'b'] }, ['spec.repos[1] is "b", must be object']],
    ['an item without what it must have', { repos: [{ branch: 'main' }] }, ['spec.repos[0].url is missing']],
    [
      'a number for a variable',
      { environmentVariables: { A: 1 } },
      ['spec.environmentVariables.A is 1, must be string'],
    ],
  ])('of %s', (_, spec, faults) => {
    expect(faultsOf(spec)).toEqual(faults)
  })

  it('of all its faults at once', () => {
    expect(faultsOf({ timeout: 'a', repos: [{}, { url: 5 }] })).toHaveLength(3)
  })

  it('of a fault with no more than a line of it', () => {
    expect(faultsOf({ timeout: 'x'.repeat(5000) })[0]?.length).toBeLessThan(200)
  })
})
