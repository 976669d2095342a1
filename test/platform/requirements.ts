import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The Debian package of each program that is neither ours nor everywhere. */
const PACKAGES: Readonly<Record<string, string>> = {
  iptables: 'iptables',
  conntrack: 'conntrack',
  busybox: 'busybox-static',
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  gcc: 'gcc libc6-dev',
  python3: 'python3-pip',
}

/** Throws one error that names all that this machine lacks for a platform, and what to do about it. */
export function requireSuitableMachine(): void {
  if (process.platform !== 'linux') throw new Error(`the platform tests run on Linux, and this is ${process.platform}`)
  const lacks: string[] = []
  if (process.getuid?.() !== 0)
    lacks.push(
      'root, which makes namespaces, mounts and cgroups (try `sudo -E env "PATH=$PATH" npm run test:platform`)',
    )
  const missing = Object.keys(PACKAGES).filter((program) => !isOnPath(program))
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))]
  if (!existsSync('/usr/include/seccomp.h')) packages.push('libseccomp-dev')
  if (packages.length > 0) lacks.push(`programs and headers (try \`apt-get install -y ${packages.join(' ')}\`)`)
  if (!existsSync('/proc/sys/net/bridge')) lacks.push('the kernel module br_netfilter (try `modprobe br_netfilter`)')
  if (lacks.length > 0) throw new Error(`the platform tests need:\n${lacks.map((lack) => `- ${lack}`).join('\n')}`)
}

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
