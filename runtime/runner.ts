import type { Ports } from '#sdk/index.ts'

/** For everything that one wake-up tells: a function has to answer its own event, too. */
const TOTAL_MS = 10_000

/** Upstream's name: its runner answers 401 to whoever does not show the token of its session. */
const TOKEN_HEADER = 'x-ambient-session-token'

/**
 * Posts to a runner, request by request. Where it answers that it will not, the next change is tried; where it does not answer at all, it is
 * left alone. It is followed nowhere: a redirection would take the token with it.
 */
export const createRunnerAsker =
  (totalMs = TOTAL_MS): Ports['askRunner'] =>
  async ({ url, token }, changes) => {
    const signal = AbortSignal.timeout(totalMs)
    const objections: (string | undefined)[] = []
    let silence: string | undefined
    for (const { requests } of changes) {
      let objection = silence
      for (const { path, body } of objection ? [] : requests) {
        const answer = await fetch(`${url}/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', [TOKEN_HEADER]: token },
          body: JSON.stringify(body),
          redirect: 'manual',
          signal,
        }).catch((error: Error) => {
          const why = signal.aborted ? `no answer within ${totalMs / 1000} s` : causeOf(error)
          silence = `POST ${url}/${path}: ${why}`
        })
        await answer?.body?.cancel().catch(() => undefined)
        objection = answer && !answer.ok ? `POST ${url}/${path}: the runner answered ${answer.status}` : silence
        if (objection) break
      }
      objections.push(objection)
    }
    return objections
  }

/** `fetch` says only that it failed, its cause says why. Where it has none, it may speak of the token, which must not get into a status. */
const causeOf = ({ cause }: Error): string =>
  cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : 'it cannot be sent'
