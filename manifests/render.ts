import { stringify } from 'yaml'
import { sessionCrd } from '#reconcilers/agentic-session/crd.ts'
import { clusterRoles } from '#reconcilers/project/cluster-roles.ts'
import { projectSettingsCrd } from '#reconcilers/project/crd.ts'
import type { FunctionDefinition } from '#sdk/index.ts'
import { brokerFor, sourceFor, triggersOf } from './eventing.ts'
import { knativeServiceOf } from './knative-service.ts'
import { networkPolicy } from './network-policy.ts'
import { operatorFor } from './operator.ts'
import { identityOf } from './rbac.ts'
import { serviceMonitor } from './service-monitor.ts'
import { sweeperOf } from './sweeper.ts'

const crds = [sessionCrd, projectSettingsCrd]

/** What a kustomization on top of ours may add. */
const components: Readonly<Record<string, readonly object[]>> = {
  'network-policy': [networkPolicy],
  'service-monitor': serviceMonitor,
}

/** Every derived manifest, by its path from the root. Pure. */
export const render = (functions: readonly FunctionDefinition[]): ReadonlyMap<string, string> => {
  const sinks = functions.filter(({ on }) => on.some((trigger) => 'deadLetters' in trigger))
  const [sink] = sinks
  if (!sink || sinks.length > 1) {
    throw new Error(`${sinks.length} functions are woken by dead letters, must be one: on: [{ deadLetters: true }]`)
  }
  const files = new Map<string, readonly object[]>()
  for (const crd of crds) files.set(`crds/${crd.metadata.name}.yaml`, [crd])
  files.set('roles/projects.yaml', clusterRoles)
  for (const fn of functions.filter(({ on }) => !on.some((trigger) => 'command' in trigger))) {
    const schedules = fn.on.flatMap((trigger) => ('everyMinutes' in trigger ? trigger.everyMinutes : []))
    if (schedules.length > 1 || (schedules.length === 1 && fn.on.length > 1)) {
      throw new Error(
        `${fn.name}: a function that the clock wakes is woken by nothing else: it runs in a host of its own`,
      )
    }
    const [everyMinutes] = schedules
    if (everyMinutes !== undefined) files.set(`keda/${fn.name}.yaml`, sweeperOf(fn, everyMinutes))
    const service = everyMinutes === undefined ? [knativeServiceOf(fn)] : []
    files.set(`functions/${fn.name}/manifest.yaml`, [...identityOf(fn), ...service])
  }
  files.set('eventing/broker.yaml', [brokerFor(sink.name)])
  files.set('eventing/source.yaml', sourceFor(functions))
  files.set(
    'eventing/triggers.yaml',
    functions.flatMap((fn) => triggersOf(fn, sink.name)),
  )

  const folders = Map.groupBy(files.keys(), (path) => path.split('/')[0] ?? '')
  for (const [folder, paths] of folders) {
    const resources = paths.map((path) => path.slice(folder.length + 1)).sort()
    files.set(`${folder}/kustomization.yaml`, [
      { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources },
    ])
  }
  files.set('always-on/operator.yaml', operatorFor(functions))
  for (const [name, objects] of Object.entries(components)) {
    const resources = [`${name}.yaml`]
    files.set(`components/${name}/${name}.yaml`, objects)
    files.set(`components/${name}/kustomization.yaml`, [
      { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component', resources },
    ])
  }
  return new Map([...files].map(([path, documents]) => [path, textOf(documents)]))
}

const HEADER = '# Rendered by `npm run render`: change its source, not this file.\n'

const textOf = (documents: readonly object[]): string =>
  HEADER +
  documents.map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')
