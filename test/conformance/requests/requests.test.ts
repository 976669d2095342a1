import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cases } from './cases.ts'
import { differenceIn } from './compare.ts'
import { emulatedPort } from './emulated.ts'
import { faults } from './faults.ts'
import { install } from './fixtures.ts'
import { divergences, page, recorded, withList } from './known.ts'
import type { Port } from './port.ts'
import { type Result, runAll } from './suite.ts'

const real = recorded()
const known = new Map(divergences().map((each) => [each.case, each]))
const advice = 'npm run divergences'

let port: Port
let ours: ReadonlyMap<string, Result>

beforeAll(async () => {
  port = emulatedPort()
  await install(port)
  ours = await runAll(port, cases)
})
afterAll(() => port?.close())

describe('requests are answered as by kube-apiserver 1.36.3', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s', (name, each) => {
    const theirs = real[name]
    const mine = ours.get(name)?.masked
    if (!theirs) throw new Error('record it: RECORD=1 npx vitest run --project cluster request-conformance')
    if (!known.has(name)) return expect(JSON.parse(JSON.stringify(mine))).toEqual(theirs)
    const found = mine && differenceIn(each, mine, theirs)
    const { why, ...listed } = known.get(name) ?? {}
    return expect(found, advice).toEqual(listed)
  })

  test('cases have names of their own, and none is recorded that is no more', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    expect(Object.keys(real).sort()).toEqual(cases.map(({ name }) => name).sort())
  })

  test('the infidelities of other emulators have their cases', () => {
    expect(cases.filter(({ infidelity }) => infidelity).length).toBeGreaterThan(20)
  })
})

describe('the list of divergences', () => {
  test('says why', () => {
    expect(divergences().filter(({ why }) => why === '')).toEqual([])
  })

  test('is on the page', () => {
    const text = readFileSync(page, 'utf8')
    expect(withList(text, divergences()), advice).toBe(text)
  })
})

describe('the suite notices a server that', () => {
  test.each(Object.entries(faults))('%s', async (_, fault) => {
    const broken = emulatedPort(fault)
    await install(broken)
    let noticed: string | undefined
    for (const each of cases.filter(({ name }) => !known.has(name))) {
      const mine = (await runAll(broken, [each], { prefix: `f${cases.indexOf(each)}` })).get(each.name)?.masked
      const theirs = real[each.name]
      if (mine && theirs && differenceIn(each, mine, theirs)) noticed = each.name
      if (noticed !== undefined) break
    }
    await broken.close()
    expect(noticed).toBeDefined()
  })
})
