// What stands in for a runner's image: works for RUNNER_SECONDS (5), then ends with RUNNER_EXIT_CODE (0), or with RUNNER_FAULT=OOMKilled
// eats memory until the kernel ends it. RUNNER_IGNORES_SIGTERM=true makes it deaf to being asked to stop.
const {
  INITIAL_PROMPT = '',
  RUNNER_SECONDS = '5',
  RUNNER_EXIT_CODE = '0',
  RUNNER_FAULT,
  RUNNER_IGNORES_SIGTERM,
} = process.env

const eatMemory = () => {
  // Or it would eat all that the node has. No limit reads as 0 or as more than any machine has.
  const limit = process.constrainedMemory()
  if (limit === 0 || limit > 2 ** 30) {
    console.log('RUNNER_FAULT=OOMKilled needs a memory limit of at most 1 GiB')
    process.exit(1)
  }
  console.log('eating memory')
  const eaten = []
  while (true) eaten.push(Buffer.alloc(2 ** 24, 1))
}

process.on('SIGTERM', () => {
  if (RUNNER_IGNORES_SIGTERM === 'true') return console.log('asked to stop, works on')
  console.log('asked to stop')
  process.exit(143)
})

console.log(`prompt: ${INITIAL_PROMPT}`)
const start = Date.now()
const tick = setInterval(() => console.log(`working: ${((Date.now() - start) / 1000).toFixed(0)} s`), 1000)
setTimeout(() => {
  clearInterval(tick)
  if (RUNNER_FAULT === 'OOMKilled') return eatMemory()
  console.log(RUNNER_EXIT_CODE === '0' ? 'done' : `giving up with exit code ${RUNNER_EXIT_CODE}`)
  process.exitCode = Number(RUNNER_EXIT_CODE)
}, Number(RUNNER_SECONDS) * 1000)
