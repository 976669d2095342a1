import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { usableGo } from '../cluster/go.ts'

const run = promisify(execFile)

/** The Debian package of each program that is neither ours nor everywhere. */
const PACKAGES: Readonly<Record<string, string>> = {
  iptables: 'iptables',
  conntrack: 'conntrack',
  busybox: 'busybox-static',
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  gcc: 'gcc libc6-dev',
}

/** Throws one error that names all that this machine lacks for a platform, and what to do about it. */
export async function requireSuitableMachine(): Promise<void> {
  if (process.platform !== 'linux') throw new Error(`the platform tests run on Linux, and this is ${process.platform}`)
  const lacks: string[] = []
  if (process.getuid?.() !== 0)
    lacks.push(
      'root, which makes namespaces, mounts and cgroups (try `sudo -E env "PATH=$PATH" npm run test:platform`)',
    )
  const missing = Object.keys(PACKAGES).filter((program) => !isOnPath(program))
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))]
  if (!existsSync('/usr/include/seccomp.h')) packages.push('libseccomp-dev')
  if (!(await runs('python3', '-m', 'pip', '--version'))) packages.push('python3-pip')
  if (packages.length > 0) lacks.push(`programs and headers (try \`apt-get install -y ${packages.join(' ')}\`)`)
  if ((await usableGo()) === undefined) lacks.push('Go 1.26 or newer, from https://go.dev/dl or the system, on PATH')
  if (!existsSync('/proc/sys/net/bridge')) lacks.push('the kernel module br_netfilter (try `modprobe br_netfilter`)')
  if (lacks.length > 0) throw new Error(`the platform tests need:\n${lacks.map((lack) => `- ${lack}`).join('\n')}`)
}

const runs = (command: string, ...args: readonly string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  )

function isOnPath(program: string): boolean {
  const { PATH = '' } = process.env
  return [...PATH.split(delimiter), '/usr/sbin', '/sbin'].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
