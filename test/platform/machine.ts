import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The node's address and, since all is on one bridge, that of the API server and of the DNS. */
export const NODE_IP = '10.244.0.1'
export const POD_SUBNET = '10.244.0.0/16'
export const BRIDGE = 'br0'

// Where the parts of a node keep files that no setting moves elsewhere.
const PRIVATE = ['/run', '/var/lib', '/var/log']

/*
 * What the kubelet sets for the whole kernel, which is not ours to change: it finds these values and leaves the true
 * ones alone. From `SetupNode` of its container manager (`pkg/kubelet/cm/container_manager_linux.go`).
 */
const KERNEL: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
}

/** Prepares fresh mount and network namespaces for a node: nothing gets in or out, and nothing outside changes. */
export async function prepareMachine(dir: string): Promise<void> {
  await mounts(dir)
  await network()
}

async function mounts(dir: string): Promise<void> {
  const resolvConf = join(dir, 'resolv.conf')
  writeFileSync(resolvConf, `search svc.cluster.local\nnameserver ${NODE_IP}\n`)
  if (existsSync('/etc/resolv.conf')) await run('mount', ['--bind', resolvConf, '/etc/resolv.conf'])
  for (const path of PRIVATE) await run('mount', ['-t', 'tmpfs', 'tmpfs', path])
  mkdirSync('/run/lock')
  mkdirSync(join(dir, 'sysctl'))
  for (const [name, value] of Object.entries(KERNEL)) {
    const file = join(dir, 'sysctl', name.replaceAll('/', '.'))
    writeFileSync(file, `${value}\n`)
    await run('mount', ['--bind', file, `/proc/sys/${name}`])
  }
  await run('mount', ['--make-rshared', '/']) // as containers that propagate mounts want it
}

async function network(): Promise<void> {
  const ip = (words: string) => run('ip', words.split(' '))
  await ip('link set lo up')
  await ip(`link add ${BRIDGE} type bridge`)
  await ip(`addr add ${NODE_IP}/16 dev ${BRIDGE}`)
  await ip(`link set ${BRIDGE} up`)
  await ip(`route add default dev ${BRIDGE} src ${NODE_IP}`) // gives addresses of Services a route before they are rewritten
  await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1'])
}
