import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contents } from './contents.ts'

const root = join(import.meta.dirname, '..')

describe('the image of the functions', () => {
  /** What a line of the Dockerfile's last stage says, all of them in order. */
  const instruction = (name: string): readonly string[] => {
    const [, stage = ''] = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\nFROM runtime\n')
    return [...stage.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, value = '']) => value)
  }
  const { config } = contents.dormouse

  test('starts as the Dockerfile has it', () => {
    expect(instruction('ENTRYPOINT')).toEqual([JSON.stringify(config.Entrypoint)])
    expect(instruction('CMD')).toEqual([JSON.stringify(config.Cmd)])
    expect(instruction('USER')).toEqual([config.User])
    expect(instruction('WORKDIR')).toEqual([config.WorkingDir])
    expect(instruction('EXPOSE')).toEqual([
      Object.keys(config.ExposedPorts)
        .map((port) => port.replace('/tcp', ''))
        .join(' '),
    ])
  })
})

describe('the image of the sample runner', () => {
  test('holds the program that npm start runs', () => {
    const files = contents['sample-runner'].files()
    expect(files.map(({ path }) => path)).toEqual(['app/runner.mjs'])
    expect(contents['sample-runner'].config).toMatchObject({ WorkingDir: '/app', Cmd: ['runner.mjs'] })
  })
})
