import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { objectsIn } from './kustomize.ts'

const pod = (image: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: "${image}"}]}\n`

const folderOf = (kustomization: string, files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kustomize-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries({ 'kustomization.yaml': kustomization, ...files }))
    writeFileSync(join(folder, name), text)
  return folder
}

test('gives the objects of all resources, in order, with their images renamed', () => {
  const images = 'images: [{name: app, newName: registry:5000/app, newTag: "2"}, {name: x/other, digest: "sha256:1"}]'
  const texts = {
    'a.yaml': `${pod('app')}---\n${pod('app:1')}`,
    'b.yaml': pod('x/other:7@sha256:0'),
    'c.yaml': pod('application'),
  }
  const folder = folderOf(`resources: [a.yaml, b.yaml, c.yaml]\n${images}\n`, texts)
  const found = objectsIn(folder).map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]?.image)
  expect(found).toEqual(['registry:5000/app:2', 'registry:5000/app:2', 'x/other@sha256:1', 'application'])
})

test('refuses what it does not carry out, and YAML that is none', () => {
  expect(() => objectsIn(folderOf('namePrefix: x-\n', {}))).toThrow('"namePrefix" is not implemented')
  expect(() => objectsIn(folderOf('resources: [a.yaml]\n', { 'a.yaml': 'a: [' }))).toThrow('a.yaml')
})
