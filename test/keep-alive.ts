/**
 * For an HTTP server that Go clients send to: longer than the 90 s after which they give up a connection without a request. Node.js closes one
 * after 6 s, and a request that is sent just then is reset: the sender counts an attempt that the server has never seen.
 */
export const OUTLIVES_GO_CLIENTS = { keepAliveTimeout: 120_000 }
