import { join } from 'node:path'
import type { Layout } from './layout.ts'

// Those whose work a test can see. Not the node life cycle: it would taint a Node that renews no lease.
const CONTROLLERS = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'deployment-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'persistentvolumeclaim-protection-controller',
  'replicaset-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'ttl-after-finished-controller',
]

export function etcdArgs({ dir, etcdPort, etcdPeerPort }: Layout): readonly string[] {
  const client = `http://127.0.0.1:${etcdPort}`
  const peer = `http://127.0.0.1:${etcdPeerPort}`
  return [
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]
}

export function apiServerArgs(layout: Layout): readonly string[] {
  const { credentials, etcdPort, apiServerPort, auditPolicyFile, auditLogFile, certDir } = layout
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiServerPort}`,
    `--cert-dir=${certDir}`, // where it writes a certificate signed by itself, and finds it again
    `--token-auth-file=${credentials.tokenFile}`,
    '--anonymous-auth=false',
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${credentials.serviceAccountKeyFile}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKeyFile}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none', // an endpoint must not be a loopback address
    '--allow-privileged=true',
    '--shutdown-watch-termination-grace-period=1s', // without it, open watches hold up a SIGTERM for a minute
    `--audit-policy-file=${auditPolicyFile}`,
    `--audit-log-path=${auditLogFile}`,
    '--audit-log-maxsize=100000', // never rotated, since tests read one file; 0 would be 100 MB, the default of what writes it
  ]
}

export function controllerManagerArgs({ credentials, caFile, controllerKubeconfig }: Layout): readonly string[] {
  return [
    `--kubeconfig=${controllerKubeconfig}`,
    '--secure-port=0',
    '--leader-elect=false',
    `--service-account-private-key-file=${credentials.serviceAccountKeyFile}`,
    `--root-ca-file=${caFile}`,
    '--use-service-account-credentials',
    `--controllers=${CONTROLLERS.join(',')}`,
    '--concurrent-job-syncs=10',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ]
}
