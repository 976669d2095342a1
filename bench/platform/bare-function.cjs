// The least that Node can do between an event about a new object and a Job for it, and so what our functions on a platform are compared
// with. One connection is kept to the API server, as ours do. Its log lines have the fields of ours.
const { createServer } = require('node:http')
const { Agent, request } = require('node:https')
const { readFileSync } = require('node:fs')

const { PORT, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = process.env
const directory = '/var/run/secrets/kubernetes.io/serviceaccount'
const agent = new Agent({ keepAlive: true, ca: readFileSync(`${directory}/ca.crt`) })
const log = (fields) => console.log(JSON.stringify({ time: Date.now(), ...fields }))

const jobFor = (name) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } },
  },
})

const createJob = ({ name, namespace }, done) => {
  const payload = JSON.stringify(jobFor(name))
  const outgoing = request({
    agent,
    hostname: KUBERNETES_SERVICE_HOST,
    port: KUBERNETES_SERVICE_PORT,
    method: 'POST',
    path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
    headers: {
      authorization: `Bearer ${readFileSync(`${directory}/token`, 'utf8')}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(payload),
    },
  })
  outgoing.on('response', (answer) => answer.resume().on('end', () => done(answer.statusCode === 201 ? 204 : 422)))
  outgoing.on('error', () => done(503))
  outgoing.end(payload)
}

createServer((incoming, response) => {
  if (incoming.method === 'GET') return response.end()
  const receivedAt = new Date()
  const chunks = []
  incoming.on('data', (chunk) => chunks.push(chunk))
  incoming.on('end', () => {
    const { headers } = incoming
    createJob(JSON.parse(Buffer.concat(chunks)).metadata, (code) => {
      response.writeHead(code).end()
      log({
        subject: headers['ce-subject'],
        sourceAt: headers['ce-time'],
        brokerAt: headers['ce-knativearrivaltime'],
        receivedAt,
        msg: 'answered',
      })
    })
  })
}).listen(Number(PORT), () => log({ startMs: Math.round(performance.now()), msg: 'listening' }))
process.once('SIGTERM', () => process.exit(0))
