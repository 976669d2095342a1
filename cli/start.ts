import { parseArgs } from 'node:util'
import { giveUp } from '#runtime/process.ts'
import { kubeconfigFor } from './kubeconfig.ts'

const usage = `npm start -- [options]

Runs everything on an embedded control plane: API server, controllers, event source, broker, autoscaler, cron; and applies samples/.

  --until-settled     end with 0 once all samples have ended and nothing is left running; with 1 and the reason if that takes two minutes
  --json              one JSON object per line and happening, for tools
  --port NUMBER       where the API server listens on 127.0.0.1 (default: any free port)
  --no-samples        apply no samples

  --kubeconfig FILE   use this cluster instead, with the functions on this machine
  --context NAME      the context of the kubeconfig (of --kubeconfig, KUBECONFIG or ~/.kube/config)
`

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      'until-settled': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      port: { type: 'string' },
      'no-samples': { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const { kubeconfig, context } = values
  if (kubeconfig !== undefined || context !== undefined) {
    const others = ['until-settled', 'json', 'port', 'no-samples'].filter((name) => values[name as keyof typeof values])
    if (others.length > 0) throw new Error(`--${others.join(', --')}: not with a cluster of your own`)
    process.env['KUBECONFIG'] = kubeconfigFor({ kubeconfig, context }, process.env)
    const { startOnCluster } = await import('./on-cluster.ts')
    return startOnCluster()
  }
  const { port = '0' } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new Error(`--port is "${port}", must be a number from 0 to 65535`)
  const { startOnLaptop } = await import('./on-laptop.ts')
  await startOnLaptop({
    isUntilSettled: values['until-settled'],
    isJson: values.json,
    port: Number(port),
    hasSamples: !values['no-samples'],
  })
}

await main().catch(giveUp)
