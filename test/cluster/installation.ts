import { join } from 'node:path'
import { moduleSource } from './binaries.ts'
import type { ControlPlane } from './control-plane.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** The kinds of Knative and KEDA that our manifests use, from the modules of the versions that we run on. */
const platformCrds = async (): Promise<readonly string[]> => {
  const [eventing, serving, keda] = await Promise.all([
    moduleSource('knative.dev/eventing@v0.50.0'),
    moduleSource('knative.dev/serving@v0.48.2'),
    moduleSource('github.com/kedacore/keda/v2@v2.21.0'),
  ])
  const core = join(eventing, 'config/core/resources')
  return [
    join(core, 'apiserversource.yaml'),
    join(core, 'broker.yaml'),
    join(core, 'trigger.yaml'),
    join(serving, 'config/core/300-resources/service.yaml'),
    join(keda, 'config/crd/bases/keda.sh_scaledobjects.yaml'),
  ]
}

/** Installs the CRDs of Knative and KEDA: the kinds, without anything that acts on them. */
export const installPlatformKinds = async ({ kubectl }: ControlPlane): Promise<void> => {
  const files = (await platformCrds()).flatMap((file) => ['-f', file])
  await kubectl('apply', '--server-side', ...files)
  await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s')
}

/** What the README tells a user to run. */
export const install = async ({ kubectl }: ControlPlane): Promise<void> => {
  await kubectl('apply', '-k', ROOT)
  await established(kubectl)
}

/** What docs/always-on.md tells a user to run, on a cluster that has nothing of Knative and KEDA. */
export const installAlwaysOn = async ({ kubectl }: ControlPlane): Promise<void> => {
  await kubectl('apply', '-f', join(ROOT, 'namespace.yaml'), '-f', join(ROOT, 'config.yaml'))
  await kubectl('apply', '-k', join(ROOT, 'always-on'))
  await established(kubectl)
}

const established = (kubectl: ControlPlane['kubectl']): Promise<string> =>
  kubectl('wait', '--for=condition=Established', 'crd/agenticsessions.vteam.ambient-code', '--timeout=30s')
