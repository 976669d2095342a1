import { CloudEvent } from 'cloudevents'

/** An event as ApiServerSource sends it in Resource mode. */
export const anEvent = (object: unknown, change: 'add' | 'update' | 'delete' = 'update'): CloudEvent<unknown> =>
  new CloudEvent({ type: `dev.knative.apiserver.resource.${change}`, source: 'https://10.0.0.1:443', data: object })
