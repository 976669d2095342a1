import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRunnerProfiles } from './runner-profiles.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'profiles-'))
  file = join(folder, 'runner-profiles.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the file of runner profiles', () => {
  test('is read as YAML', async () => {
    writeFileSync(file, 'profiles:\n  - id: a\n    port: 8001\n')
    expect(await readRunnerProfiles(file)).toEqual({ profiles: [{ id: 'a', port: 8001 }] })
  })

  test('may be absent: unnamed, of a ConfigMap that is not mounted, or of one that is empty', async () => {
    mkdirSync(join(folder, '..data'))
    for (const path of [undefined, join(folder, 'none', 'x.yaml'), file])
      expect(await readRunnerProfiles(path)).toBeUndefined()
  })

  test('that is empty is not absent', async () => {
    writeFileSync(file, '')
    expect(await readRunnerProfiles(file)).toEqual({})
  })

  test('is missed where the ConfigMap has another key', async () => {
    writeFileSync(join(folder, 'profiles.yml'), '')
    await expect(readRunnerProfiles(file)).rejects.toThrow(
      'runner profiles: there is profiles.yml, must be runner-profiles.yaml',
    )
  })

  test('that is no YAML is named with the line', async () => {
    writeFileSync(file, 'profiles: [')
    await expect(readRunnerProfiles(file)).rejects.toThrow(/runner-profiles\.yaml: .*at line 1/)
  })
})
