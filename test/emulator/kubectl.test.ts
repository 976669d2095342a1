import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '#emulator/api-server/types.ts'
import { eventAbout } from '#sdk/events.ts'
import type { Live } from '#sdk/index.ts'
import { kubectlPath } from './kubectl.ts'
import { type KubectlWorld, startKubectlWorld } from './kubectl-world.ts'

const path = kubectlPath()
const sessions = { apiVersion: 'vteam.ambient-code/v1alpha1', plural: 'agenticsessions' }
const pods = { apiVersion: 'v1', plural: 'pods' }
const events = { apiVersion: 'v1', plural: 'events' }

const session = (name: string, spec: Json = {}, labels?: Json) => ({
  apiVersion: sessions.apiVersion,
  kind: 'AgenticSession',
  metadata: { name, ...(labels && { labels }) },
  spec,
})
const pod = (name: string, ...containers: readonly string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { nodeName: 'node', containers: containers.map((each) => ({ name: each, image: 'busybox' })) },
})
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j' },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } },
}
const running = {
  state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
  ready: true,
  restartCount: 0,
  image: 'i',
  imageID: '',
}
const ended = {
  ...running,
  ready: false,
  state: { terminated: { exitCode: 0, reason: 'Completed', containerID: 'x://1' } },
}
/** A table's cells, line by line. */
const cells = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/))

if (path === undefined)
  test.skip('kubectl is neither in KUBEBUILDER_ASSETS nor on the PATH: nothing was tried with it', () => {})

describe.skipIf(path === undefined)('kubectl', () => {
  let world: KubectlWorld
  const { output, kubectl, start, namespace, admin } = {
    output: ((...args) => world.output(...args)) as KubectlWorld['output'],
    kubectl: ((...args) => world.kubectl(...args)) as KubectlWorld['kubectl'],
    start: ((...args) => world.start(...args)) as KubectlWorld['start'],
    namespace: (name: string) => world.namespace(name),
    admin: () => world.admin,
  }
  const statusOf = (ns: string, name: string, status: Json) =>
    admin().patch(sessions, { namespace: ns, name }, { status }, 'status')

  beforeAll(async () => {
    world = await startKubectlWorld(path ?? '')
  })
  afterAll(() => world?.close())

  test('applies: makes, leaves alone, changes, and refuses a field that is not in the schema', async () => {
    const ns = namespace('apply')
    const apply = (spec: Json) => kubectl(`apply -n ${ns} -f -`, { stdin: session('s', spec) })
    expect(await apply({ timeout: 10 })).toMatchObject({
      out: 'agenticsession.vteam.ambient-code/s created\n',
      code: 0,
    })
    expect(await apply({ timeout: 10 })).toMatchObject({ out: 'agenticsession.vteam.ambient-code/s unchanged\n' })
    expect(await apply({ displayName: 'S' })).toMatchObject({ out: 'agenticsession.vteam.ambient-code/s configured\n' })
    expect(await output(`get as s -n ${ns} -o jsonpath={.spec.timeout},{.spec.displayName}`)).toBe('300,S')
    const { code, err } = await apply({ timeOut: 10 })
    expect(code).toBe(1)
    expect(err).toContain('strict decoding error: unknown field "spec.timeOut"')
  })

  test('applies a built-in object: of a list goes what it had itself, and stays what others added', async () => {
    const ns = namespace('apply-pod')
    const two = pod('p', 'a')
    const withPorts = (...ports: readonly number[]) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { selector: { a: 'b' }, ports: ports.map((port) => ({ name: `p${port}`, port })) },
    })
    await output(`apply -n ${ns} -f -`, { stdin: withPorts(80, 81) })
    const { spec } = withPorts(80, 81, 82)
    admin().patch({ apiVersion: 'v1', plural: 'services' }, { namespace: ns, name: 's' }, { spec })
    expect(await output(`apply -n ${ns} -f -`, { stdin: withPorts(81) })).toBe('service/s configured\n')
    expect(await output(`get svc s -n ${ns} -o jsonpath={.spec.ports[*].port}`)).toBe('81 82')
    expect(await output(`create -n ${ns} -f -`, { stdin: two })).toBe('pod/p created\n')
  })

  test('applies on the server: another manager meets a conflict, and wins by force', async () => {
    const ns = namespace('ssa')
    const apply = (timeout: number, flags: string) =>
      kubectl(`apply -n ${ns} --server-side -f - ${flags}`, { stdin: session('s', { timeout }) })
    expect((await apply(1, '')).out).toBe('agenticsession.vteam.ambient-code/s serverside-applied\n')
    const refused = await apply(2, '--field-manager=other')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('conflict with "kubectl": .spec.timeout')
    expect((await apply(2, '--field-manager=other --force-conflicts')).code).toBe(0)
    expect(await output(`get as s -n ${ns} -o jsonpath={.spec.timeout}`)).toBe('2')
  })

  test('shows what changes with diff, and changes nothing', async () => {
    const ns = namespace('diff')
    admin().create(sessions, session('s', { timeout: 10 }), { namespace: ns })
    const { code, out } = await kubectl(`diff -n ${ns} -f -`, { stdin: session('s', { timeout: 20 }) })
    expect(code).toBe(1)
    expect(out).toMatch(/-\s+timeout: 10\n\+\s+timeout: 20/)
    expect(await output(`get as s -n ${ns} -o jsonpath={.spec.timeout}`)).toBe('10')
  })

  test('gets sessions: in columns, by selectors, in order, page by page, in every form', async () => {
    const ns = namespace('get')
    for (const [name, timeout] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const)
      admin().create(sessions, session(name, { timeout }, { team: name === 'a' ? 'x' : 'y' }), { namespace: ns })
    const conditions = [{ type: 'Ready', status: 'False', reason: 'Started' }]
    statusOf(ns, 'b', { phase: 'Running', jobName: 'b-1', conditions })
    const [head, first, second] = cells(await output(`get as -n ${ns}`))
    expect(head).toEqual(['NAME', 'PHASE', 'REASON', 'JOB', 'AGE'])
    expect(first?.[0]).toBe('a')
    expect(second?.slice(0, 4)).toEqual(['b', 'Running', 'Started', 'b-1'])
    expect(second?.[4]).toMatch(/^\d+s$/)
    const names = (flags: string) => output(`get as -n ${ns} -o name ${flags}`)
    const full = (name: string) => `agenticsession.vteam.ambient-code/${name}\n`
    expect(await names('--field-selector=status.phase=Running')).toBe(full('b'))
    expect(await names('-l team=y,team!=z')).toBe(full('b') + full('c'))
    expect(await names('--sort-by=.spec.timeout')).toBe(full('b') + full('c') + full('a'))
    expect(await names('--chunk-size=1')).toBe(full('a') + full('b') + full('c'))
    expect(await output('get as -A --field-selector=status.phase=Running --no-headers')).toMatch(/^get\s+b\s+Running/)
    expect(await output(`get as b -n ${ns} -o yaml`)).toContain('kind: AgenticSession\n')
    expect(JSON.parse(await output(`get as b -n ${ns} -o json`))).toMatchObject({ status: { jobName: 'b-1' } })
    expect((await kubectl(`get as nope -n ${ns}`)).err).toContain('agenticsessions.vteam.ambient-code "nope" not found')
  })

  test('gets Pods, Jobs and events in the real columns', async () => {
    const ns = namespace('tables')
    admin().create(pods, pod('p', 'a', 'b'), { namespace: ns })
    const containerStatuses = [
      { ...running, name: 'a' },
      { ...running, name: 'b', ready: false, restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ]
    admin().patch(
      pods,
      { namespace: ns, name: 'p' },
      { status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], containerStatuses } },
      'status',
    )
    const [head, row] = cells(await output(`get pods -n ${ns} -o wide`))
    expect(head).toEqual([
      ...['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'],
      ...['IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES'],
    ])
    expect(row?.slice(0, 4)).toEqual(['p', '1/2', 'CrashLoopBackOff', '2'])
    expect(row?.slice(5)).toEqual(['10.0.0.1', 'node', '<none>', '<none>'])
    await output(`create -n ${ns} -f -`, { stdin: job })
    expect(cells(await output(`get jobs -n ${ns}`))[1]?.slice(0, 3)).toEqual(['j', 'Running', '0/1'])
  })

  test('watches: a row for each change', async () => {
    const ns = namespace('watch')
    admin().create(sessions, session('s'), { namespace: ns })
    const watching = start(`get as -n ${ns} -w`)
    await watching.until(/\ns .*\n/)
    statusOf(ns, 's', { phase: 'Running' })
    const seen = cells(await watching.until(/Running.*\n/))
    watching.stop()
    await watching.ended
    expect(seen.map((row) => row.slice(0, -1))).toEqual([['NAME', 'PHASE', 'REASON', 'JOB'], ['s'], ['s', 'Running']])
  })

  test('patches in three ways, labels, annotates, edits, replaces and scales', async () => {
    const ns = namespace('change')
    admin().create(sessions, session('s', { timeout: 1 }), { namespace: ns })
    const timeout = () => output(`get as s -n ${ns} -o jsonpath={.spec.timeout}`)
    await output(`patch as s -n ${ns} --type=merge -p '{"spec":{"timeout":2}}'`)
    expect(await timeout()).toBe('2')
    await output(`patch as s -n ${ns} --type=json -p '[{"op":"replace","path":"/spec/timeout","value":3}]'`)
    expect(await timeout()).toBe('3')
    const invalid = await kubectl(`patch as s -n ${ns} --type=merge -p '{"spec":{"timeout":-1}}'`)
    expect(invalid.err).toContain(
      'spec.timeout: Invalid value: -1: spec.timeout in body should be greater than or equal to 0',
    )
    await output(`label as s -n ${ns} a=b`)
    await output(`annotate as s -n ${ns} c=d`)
    await output(`edit as s -n ${ns}`, { env: { KUBE_EDITOR: "sed -i 's/timeout: 3/timeout: 4/'" } })
    expect(
      await output(`get as s -n ${ns} -o jsonpath={.spec.timeout},{.metadata.labels.a},{.metadata.annotations.c}`),
    ).toBe('4,b,d')
    await output(`replace -n ${ns} -f -`, { stdin: session('s', { timeout: 5 }) })
    expect(await timeout()).toBe('5')
    await output(`create deployment d -n ${ns} --image=busybox`)
    await output(
      `patch deployment d -n ${ns} -p '{"spec":{"template":{"spec":{"containers":[{"name":"busybox","tty":true}]}}}}'`,
    )
    await output(`scale deployment d -n ${ns} --replicas=3`)
    const shown = await output(
      `get deployment d -n ${ns} -o jsonpath={.spec.replicas},{.spec.template.spec.containers[*].image}`,
    )
    expect(shown).toBe('3,busybox')
  })

  test('makes objects of the kinds that it sends in protobuf', async () => {
    const ns = namespace('create')
    const made = [
      'create job j --image=busybox',
      'create configmap c --from-literal=a=b',
      'create secret generic s --from-literal=a=b',
      'create serviceaccount sa',
      'create role r --verb=get --resource=pods',
      'create rolebinding rb --role=r --serviceaccount=create:sa',
    ]
    for (const command of made) expect(await output(`${command} -n ${ns}`)).toMatch(/ created\n$/)
    expect(await output(`get secret s -n ${ns} -o jsonpath={.data.a}`)).toBe('Yg==')
    expect(await output(`get job j -n ${ns} -o jsonpath={.spec.template.spec.containers[0].image}`)).toBe('busybox')
    expect([...world.bodies]).toContain('application/vnd.kubernetes.protobuf')
  })

  test('describes a session, a Job, a Pod and a namespace, with their events', async () => {
    const ns = namespace('describe')
    const live = admin().create(sessions, session('s'), { namespace: ns }) as unknown as Live // as it was answered
    const telling = { type: 'Normal', reason: 'Running', message: 'the runner has started' } as const
    const first = '2026-01-01T00:00:00Z'
    admin().create(events, eventAbout(live, { ...telling, mark: '7.0', component: 'dormouse', first }), {
      namespace: ns,
    })
    statusOf(ns, 's', { phase: 'Running' })
    const described = await output(`describe as s -n ${ns}`)
    expect(described).toMatch(/Kind:\s+AgenticSession/)
    expect(described).toMatch(/Phase:\s+Running/)
    expect(described).toMatch(/Normal\s+Running\s+.*dormouse\s+the runner has started/)
    expect(cells(await output(`events -n ${ns}`))[1]?.slice(1)).toEqual([
      'Normal',
      'Running',
      'AgenticSession/s',
      'the runner has started',
    ])
    await output(`create -n ${ns} -f -`, { stdin: job })
    expect(await output(`describe job j -n ${ns}`)).toMatch(/Completions:\s+1/)
    admin().create(pods, pod('p', 'a'), { namespace: ns })
    expect(await output(`describe pod p -n ${ns}`)).toMatch(/Node:\s+node/)
    expect(await output(`describe namespace ${ns}`)).toMatch(/Status:\s+Active/)
  })

  test('waits for a condition, for a field and for the end', async () => {
    const ns = namespace('wait')
    admin().create(sessions, session('s'), { namespace: ns })
    const bells = [
      start(`wait as/s -n ${ns} --for=condition=Ready --timeout=20s`),
      start(`wait as/s -n ${ns} --for=jsonpath={.status.phase}=Completed --timeout=20s`),
    ]
    const gone = start(`wait as/s -n ${ns} --for=delete --timeout=20s`)
    statusOf(ns, 's', { phase: 'Completed', conditions: [{ type: 'Ready', status: 'True', reason: 'Done' }] })
    for (const bell of bells)
      expect(await bell.ended).toMatchObject({ code: 0, out: 'agenticsession.vteam.ambient-code/s condition met\n' })
    expect(await output(`delete as s -n ${ns}`)).toContain('"s" deleted')
    expect((await gone.ended).code).toBe(0)
    expect((await kubectl(`wait as/s -n ${ns} --for=condition=Ready --timeout=1s`)).err).toContain('not found')
  })

  test('shows logs: of the only container, the last lines, and on until it ends', async () => {
    const ns = namespace('logs')
    const put = (name: string, ...containerStatuses: readonly Json[]) =>
      admin().patch(pods, { namespace: ns, name }, { status: { containerStatuses } }, 'status')
    admin().create(pods, pod('one', 'main'), { namespace: ns })
    admin().create(pods, pod('two', 'left', 'right'), { namespace: ns })
    put('one', { ...running, name: 'main', containerID: 'x://0' })
    for (const line of ['first', 'second', 'third']) world.log('main', line)
    expect(await output(`logs one -n ${ns} --tail=2`)).toBe('second\nthird\n')
    expect(await output(`logs one -n ${ns} --timestamps --limit-bytes=24`)).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{4}$/,
    )
    const following = start(`logs -f one -n ${ns}`)
    await following.until(/third\n/)
    world.log('main', 'fourth')
    await following.until(/fourth\n/)
    put('one', { ...ended, name: 'main' })
    expect(await following.ended).toMatchObject({ code: 0, out: 'first\nsecond\nthird\nfourth\n' })
    expect((await kubectl(`logs one -n ${ns} --previous`)).err).toContain(
      'previous terminated container "main" in pod "one" not found',
    )
    put(
      'two',
      { ...running, name: 'left' },
      { ...running, name: 'right', state: { waiting: { reason: 'ContainerCreating' } } },
    )
    expect((await kubectl(`logs two -n ${ns} -c right`)).err).toContain(
      'container "right" in pod "two" is waiting to start: ContainerCreating',
    )
    expect((await kubectl(`logs two -n ${ns} -c middle`)).err).toContain('container middle is not valid for pod two')
    expect((await kubectl(`exec one -n ${ns} -- ls`)).err).toContain(
      'the embedded control plane does not implement the subresource pods/exec',
    )
  })

  test('is told who may do what, and refuses what a ServiceAccount may not', async () => {
    const ns = namespace('rights')
    await output(`create serviceaccount sa -n ${ns}`)
    await output(`create role reader -n ${ns} --verb=get,list --resource=agenticsessions.vteam.ambient-code`)
    await output(`create rolebinding reader -n ${ns} --role=reader --serviceaccount=${ns}:sa`)
    const token = (await output(`create token sa -n ${ns}`)).trim()
    const as = { name: `system:serviceaccount:${ns}:sa`, groups: ['system:serviceaccounts', 'system:authenticated'] }
    const asToken = `--token=${token}`
    expect(await output(`get as -n ${ns} ${asToken} -o name`)).toBe('')
    const refused = await kubectl(`delete as x -n ${ns}`, { as })
    expect(refused.err).toContain(
      `Error from server (Forbidden): agenticsessions.vteam.ambient-code "x" is forbidden: User "system:serviceaccount:${ns}:sa" cannot delete resource "agenticsessions" in API group "vteam.ambient-code" in the namespace "${ns}"`,
    )
    expect(await kubectl(`auth can-i delete as -n ${ns}`, { as })).toMatchObject({ code: 1, out: 'no\n' })
    expect(await output(`auth can-i list as -n ${ns} --as=${as.name}`)).toBe('yes\n')
    expect(await output(`auth can-i --list -n ${ns}`, { as })).toMatch(
      /agenticsessions\.vteam\.ambient-code.*\[get list\]/,
    )
    expect(await output(`auth whoami -o jsonpath={.status.userInfo.username}`, { as })).toBe(as.name)
    expect((await kubectl(`get as -n ${ns} --as=bob`, { as })).err).toContain('cannot impersonate')
    const stranger = { name: 'stranger', groups: [] }
    expect((await kubectl(`get as -n ${ns}`, { as: stranger })).err).toContain('User "stranger" cannot list resource')
  })

  test('deletes: one and waits, at once by force, in the background', async () => {
    const ns = namespace('delete')
    admin().create(sessions, session('s'), { namespace: ns })
    admin().create(pods, pod('p', 'a'), { namespace: ns })
    await output(`create -n ${ns} -f -`, { stdin: job })
    expect(await output(`delete as s -n ${ns} --wait`)).toContain('agenticsession.vteam.ambient-code "s" deleted')
    expect(await output(`delete pod p -n ${ns} --grace-period=0 --force`)).toContain('pod "p" force deleted')
    expect(await output(`delete job j -n ${ns} --cascade=background`)).toContain('job.batch "j" deleted')
    expect((await kubectl(`get as,pods,jobs -n ${ns}`)).err).toContain('No resources found')
    expect((await kubectl(`delete pod p -n ${ns}`)).err).toContain('pods "p" not found')
  })

  test('finds its way: resources, versions, explanations', async () => {
    expect(cells(await output('api-resources --api-group=vteam.ambient-code'))[1]).toEqual([
      ...['agenticsessions', 'as', 'vteam.ambient-code/v1alpha1', 'true', 'AgenticSession'],
    ])
    expect((await output('api-versions')).split('\n')).toEqual(
      expect.arrayContaining(['batch/v1', 'v1', 'vteam.ambient-code/v1alpha1']),
    )
    expect(await output('explain as.spec.timeout')).toMatch(
      /FIELD: timeout <integer>[\s\S]*Seconds that one attempt may take/,
    )
    expect(await output('explain pod.spec')).toMatch(/containers\t<\[\]Container> -required-/)
    expect(await output('version')).toContain('Server Version: v1.36.3')
    expect(await output('cluster-info')).toContain(world.edge.url)
    expect(await output('config current-context')).toBe('emulator\n')
  })
})
