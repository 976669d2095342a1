import type { Happening, Journal } from '#emulator/journal.ts'
import type { MeterReport } from '#emulator/meter.ts'
import { laptopSettings } from './laptop-settings.ts'
import { createNarrator, type Line, textOf } from './show.ts'

export type Reporter = {
  readonly journal: Journal
  readonly say: (line: Line) => void
  readonly introduce: (place: { readonly url: string; readonly kubeconfig: string }) => void
  readonly conclude: (report: MeterReport) => void
}

export type ReporterOptions = {
  readonly isJson: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly now: () => number
  /** All that functions have used by now. */
  readonly podSeconds: () => number
  readonly out?: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean }
}

/** Tells on standard output what happens: lines for people, coloured in a terminal, or one JSON object per line. */
export const createReporter = ({
  isJson,
  startedAt,
  now,
  podSeconds,
  out = process.stdout,
}: ReporterOptions): Reporter => {
  const narrate = createNarrator()
  const write = (text: string): void => void out.write(`${text}\n`)
  const json = (what: object): void => write(JSON.stringify({ at: new Date(now()).toISOString(), ...what }))
  const say = (line: Line): void => {
    if (isJson) json({ what: 'note', who: line.who, text: line.what })
    else write(textOf((now() - startedAt) / 1000, line, out.isTTY === true))
  }
  return {
    say,
    journal: (happening: Happening) => {
      if (isJson) return json(withoutSecrets(happening))
      const line = narrate(happening)
      if (!line) return
      const isEnd = happening.what === 'instance' && happening.state === 'ended'
      say(isEnd ? { ...line, what: `${line.what}; ${podSeconds().toFixed(1)} pod-seconds so far` } : line)
    },
    introduce: ({ url, kubeconfig }) => {
      if (isJson) return json({ what: 'ready', url, kubeconfig })
      write(`\nAn embedded control plane is up at ${url}. Use it from another terminal, with any kubectl:\n`)
      write(`  export KUBECONFIG=${kubeconfig}`)
      write('  kubectl get agenticsessions -w\n')
      for (const setting of laptopSettings) write(`On a laptop ${setting}.`)
      write('Ctrl-C ends everything.\n')
    },
    conclude: (report) => {
      if (isJson) return json({ what: 'report', ...report })
      write('')
      for (const [workload, { coldStarts, podSeconds }] of Object.entries(report.workloads))
        write(
          `  ${workload.padEnd(34)} ${String(coldStarts).padStart(3)} cold starts ${podSeconds.toFixed(1).padStart(8)} pod-seconds`,
        )
      const { total, elapsedSeconds } = report
      write(
        `  together ${total.podSeconds.toFixed(1)} pod-seconds in ${elapsedSeconds.toFixed(1)} s; while nothing happens only the sweep's, where an operator that is always on takes 60 a minute`,
      )
    },
  }
}

const withoutSecrets = (happening: Happening): object =>
  happening.what === 'change' && happening.resource === 'secrets' ? { ...happening, object: {} } : happening
