import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { createRunnerAsker } from './runner.ts'

type Heard = { readonly path: string; readonly token: unknown; readonly body: unknown }

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

/** A runner that answers by path; where it has no answer it keeps its caller waiting. */
const aRunner = async (answers: Readonly<Record<string, number | undefined>>) => {
  const heard: Heard[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const path = request.url ?? ''
    const body: unknown = JSON.parse(await text(request))
    heard.push({ path, token: request.headers['x-ambient-session-token'], body })
    const code = answers[path]
    if (code === undefined) return
    response.writeHead(code, { location: '/elsewhere' }).end('{}')
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard }
}

const change = (about: string, ...paths: readonly string[]) => ({
  about,
  requests: paths.map((path) => ({ path, body: { name: about } })),
})

describe('a runner', () => {
  it('is posted what it is told, one request after the other, with its token', async () => {
    const { url, heard } = await aRunner({ '/workflow': 200, '/repos/remove': 200, '/repos/add': 200 })
    const changes = [change('workflow', 'workflow'), change('a', 'repos/remove', 'repos/add')]
    expect(await createRunnerAsker()({ url, token: 't' }, changes)).toEqual([undefined, undefined])
    expect(heard).toEqual([
      { path: '/workflow', token: 't', body: { name: 'workflow' } },
      { path: '/repos/remove', token: 't', body: { name: 'a' } },
      { path: '/repos/add', token: 't', body: { name: 'a' } },
    ])
  })

  it.each([401, 404, 500, 503, 302])('that answers %d has not taken it, and is told of the next', async (code) => {
    const { url, heard } = await aRunner({ '/repos/remove': code, '/repos/add': 200, '/workflow': 200 })
    const changes = [change('a', 'repos/remove', 'repos/add'), change('workflow', 'workflow')]
    expect(await createRunnerAsker()({ url, token: 't' }, changes)).toEqual([
      `POST ${url}/repos/remove: the runner answered ${code}`,
      undefined,
    ])
    // Neither the rest of what was not taken, nor where a redirection leads.
    expect(heard.map(({ path }) => path)).toEqual(['/repos/remove', '/workflow'])
  })

  it('that does not answer in time is not told of the rest', async () => {
    const { url, heard } = await aRunner({ '/workflow': 200 })
    const objection = `POST ${url}/repos/add: no answer within 0.05 s`
    const changes = [change('a', 'repos/add'), change('workflow', 'workflow')]
    expect(await createRunnerAsker(50)({ url, token: 't' }, changes)).toEqual([objection, objection])
    expect(heard).toHaveLength(1)
  })

  it('that is not there is an objection, and no throw', async () => {
    const { url } = await aRunner({})
    servers.splice(0)[0]?.close()
    expect(await createRunnerAsker()({ url, token: 't' }, [change('a', 'repos/add')])).toEqual([
      expect.stringMatching(/^POST http:\S+: connect ECONNREFUSED/),
    ])
  })

  it('of whom the secret is no header is an objection, and no throw', async () => {
    const { url } = await aRunner({})
    const [objection] = await createRunnerAsker()({ url, token: 'a\nb' }, [change('a', 'repos/add')])
    expect(objection).toMatch(/^POST /)
    expect(objection).not.toContain('a\nb')
  })
})
