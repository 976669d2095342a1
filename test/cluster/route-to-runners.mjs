/* Loaded into functions before they start: what they send to a Service of the cluster goes to whoever plays the runners, at `RUNNERS_URL`. */
const { fetch } = globalThis
globalThis.fetch = (url, init) => {
  const { host, pathname } = new URL(url)
  if (!host.includes('.svc:')) return fetch(url, init)
  return fetch(process.env.RUNNERS_URL + pathname, { ...init, headers: { ...init.headers, 'x-told-host': host } })
}
