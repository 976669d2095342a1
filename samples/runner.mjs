// What stands in for a runner's image on a laptop: works for RUNNER_SECONDS (5), then ends with RUNNER_EXIT_CODE (0).
const { INITIAL_PROMPT = '', RUNNER_SECONDS = '5', RUNNER_EXIT_CODE = '0' } = process.env
console.log(`prompt: ${INITIAL_PROMPT}`)
const start = Date.now()
const tick = setInterval(() => console.log(`working: ${((Date.now() - start) / 1000).toFixed(0)} s`), 1000)
setTimeout(() => {
  clearInterval(tick)
  console.log(RUNNER_EXIT_CODE === '0' ? 'done' : `giving up with exit code ${RUNNER_EXIT_CODE}`)
  process.exitCode = Number(RUNNER_EXIT_CODE)
}, Number(RUNNER_SECONDS) * 1000)
process.once('SIGTERM', () => {
  console.log('asked to stop')
  process.exit(143)
})
