import { expect, test } from 'vitest'
import { clientOf } from '../client.ts'
import { createVirtualWorld } from '../host/virtual-world.ts'
import type { LogLine } from '../pod-runner.ts'
import { createApiServer } from './server.ts'
import type { Json, TextStream } from './types.ts'

const pods = { apiVersion: 'v1', plural: 'pods' }
const ref = { namespace: 'default', name: 'p' }

function aPod(statuses: readonly Json[], names = ['main'], nodeName: string | undefined = 'node') {
  const world = createVirtualWorld()
  const lines: LogLine[] = [
    { at: world.now() - 10_000, text: 'one' },
    { at: world.now() - 5_000, text: 'two' },
    { at: world.now() - 1_000, text: 'three' },
  ]
  const listeners = new Set<(line: LogLine) => void>()
  const api = createApiServer({
    world,
    logs: () => ({
      lines: () => lines,
      onLine: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }),
  })
  const admin = clientOf(api, { name: 'admin', groups: ['system:masters'] })
  admin.create({ apiVersion: 'v1', plural: 'serviceaccounts' }, { metadata: { name: 'default', namespace: 'default' } })
  const containers = names.map((name) => ({ name, image: 'i' }))
  admin.create(pods, { metadata: { name: 'p' }, spec: { containers, ...(nodeName && { nodeName }) } }, ref)
  const put = (...containerStatuses: readonly Json[]) =>
    admin.patch(pods, ref, { status: { containerStatuses } }, 'status')
  put(...statuses)
  const log = (query = ''): { status: number; body: string; message: string; more?: TextStream } => {
    const response = admin.send({ method: 'GET', path: `/api/v1/namespaces/default/pods/p/log?${query}` })
    if ('watch' in response) throw new Error('a watch')
    const { message = '' } = response.body as { message?: string }
    return { ...response, body: String(response.body), message }
  }
  const write = (text: string) => {
    for (const listener of [...listeners]) listener({ at: world.now(), text })
  }
  return { log, put, write, listeners, admin }
}

const status = (state: Json, others: Json = {}): Json => ({
  ...{ name: 'main', image: 'i', imageID: '', ready: true, restartCount: 0, containerID: 'x://1', state },
  ...others,
})
const running = status({ running: {} })
const ended = status({ terminated: { exitCode: 0, containerID: 'x://1' } })

test.each([
  ['', 'one\ntwo\nthree\n'],
  ['tailLines=1', 'three\n'],
  ['tailLines=0', ''],
  ['sinceSeconds=5', 'two\nthree\n'],
  ['sinceTime=2025-12-31T23:59:59Z', 'three\n'],
  ['limitBytes=6', 'one\ntw'],
  ['tailLines=2&sinceSeconds=2', 'three\n'],
  ['timestamps=true&tailLines=1', '2025-12-31T23:59:59.000000000Z three\n'],
])('a log asked for with "%s" is %j', (query, body) => {
  expect(aPod([running]).log(query)).toMatchObject({ status: 200, body })
})

// The first eight as kube-apiserver 1.36.3 answered them, the others as the kubelet does.
test.each([
  ['container=zz', [running], 400, 'container zz is not valid for pod p'],
  [
    'tailLines=-1',
    [running],
    422,
    'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'sinceSeconds=0',
    [running],
    422,
    'PodLogOptions "p" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
  ],
  [
    'limitBytes=0',
    [running],
    422,
    'PodLogOptions "p" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
  ],
  [
    'sinceSeconds=3&sinceTime=2026-01-01T00:00:00Z',
    [running],
    422,
    'PodLogOptions "p" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
  [
    'sinceTime=2020-01-01',
    [running],
    400,
    'parsing time "2020-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
  ],
  ['tailLines=x', [running], 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['stream=Stdout', [running], 422, 'PodLogOptions "p" is invalid: stream: Forbidden: may not be specified'],
  ['previous=true', [running], 400, 'previous terminated container "main" in pod "p" not found'],
  ['', [], 400, 'container "main" in pod "p" is not available'],
  [
    '',
    [status({ waiting: { reason: 'ContainerCreating' } })],
    400,
    'container "main" in pod "p" is waiting to start: ContainerCreating',
  ],
  [
    '',
    [status({ waiting: { reason: 'ErrImagePull' } })],
    400,
    `container "main" in pod "p" is waiting to start: image can't be pulled`,
  ],
  ['', [status({ terminated: { exitCode: 1 } })], 400, 'container "main" in pod "p" is terminated'],
] as const)(
  'a log asked for with "%s" of a container with the statuses %j is refused with %i',
  (query, statuses, code, message) => {
    expect(aPod(statuses).log(query)).toMatchObject({ status: code, message })
  },
)

test('a container has to be chosen where there are several', () => {
  expect(aPod([], ['a', 'b']).log().message).toBe('a container name must be specified for pod p, choose one of: [a b]')
})

test('a Pod without a node has no log yet', () => {
  expect(aPod([], ['main'], '').log()).toMatchObject({ status: 204, body: '' })
})

test('a log that is followed goes on until the container ends, or its Pod is gone', () => {
  for (const finish of ['end', 'delete'] as const) {
    const { log, put, write, listeners, admin } = aPod([running])
    const { body, more } = log('follow=true&tailLines=1')
    let seen = body
    more?.start(
      (text) => {
        seen += text
      },
      () => {
        seen += '(end)'
      },
    )
    write('four')
    if (finish === 'end') put(ended)
    else admin.delete(pods, ref, { graceSeconds: 0 })
    write('five')
    expect(seen).toBe('three\nfour\n(end)')
    expect(listeners.size).toBe(0)
  }
})

test('a log that is followed stops at its limit, and one of a container that has ended at once', () => {
  const { log, write } = aPod([running])
  const { body, more } = log('follow=true&limitBytes=16')
  let seen = body
  more?.start(
    (text) => {
      seen += text
    },
    () => {
      seen += '(end)'
    },
  )
  write('four')
  expect(seen).toBe('one\ntwo\nthree\nfo(end)')
  expect(aPod([ended]).log('follow=true').more).toBeUndefined()
})
