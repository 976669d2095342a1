import { at, listAt, textAt } from '../api-server/json.ts'
import type { KubeObject } from '../api-server/types.ts'
import type { Client } from '../client.ts'
import type { AdapterConfig } from './adapter.ts'
import type { Availability } from './adapter-deployment.ts'
import { type Condition, isFalse, isTrue, isUnknown, type Standing } from './conditions.ts'
import { resolve } from './destination.ts'
import { eventTypes, type Mode } from './object-event.ts'
import { guessedPlural, resources } from './resources.ts'
import { selectorText } from './selector-text.ts'

export const FAIL_FAST = 'features.knative.dev/apiserversource-skip-permissions-check'

export type SourceStanding = Standing & {
  /** What its adapter is to run with; absent while it may not be changed. */
  readonly adapter?: AdapterConfig
  /** The real controller tries again, with growing waits. */
  readonly isFailed?: true
}

const order = ['SinkProvided', 'Deployed', 'SufficientPermissions', 'OIDCIdentityCreated']

/** The user that a source's adapter is. */
export const accountOf = (namespace: string, spec: unknown): string =>
  `system:serviceaccount:${namespace}:${textAt(spec, 'serviceAccountName')}`

/** What the controller says of an ApiServerSource. `client` is the controller's own: it asks what the ServiceAccount may. */
export function standingOfSource(
  client: Client,
  source: KubeObject,
  { apiServerUrl, availability }: { readonly apiServerUrl: string; readonly availability: Availability },
): SourceStanding {
  const { namespace = '', name = '', annotations } = source.metadata
  const { spec } = source
  const known: Condition[] = [isTrue('OIDCIdentityCreated', 'authentication-oidc feature disabled')]
  const standing = (fields: Standing['fields']): Standing => ({
    conditions: order.map((type) => known.find((each) => each.type === type) ?? before(source, type)),
    fields,
  })
  if (annotations?.[FAIL_FAST] === 'true') {
    known.push(isFalse('Deployed', 'NotImplemented', `the annotation ${FAIL_FAST} is not implemented by the emulator`))
    return standing({ namespaces: [] })
  }
  const sink = resolve(client, at(spec, 'sink'), namespace)
  if ('error' in sink) {
    known.push(isFalse('SinkProvided', 'NotFound', ''))
    return { ...standing({ namespaces: listAt(source, 'status', 'namespaces') }), isFailed: true }
  }
  known.push(isTrue('SinkProvided'))
  const namespaces = namespacesOf(client, source)
  const lacking = missingRights(client, source, namespaces)
  if (lacking !== '') {
    known.push(
      isFalse(
        'SufficientPermissions',
        '',
        `User ${accountOf(source.metadata.namespace ?? '', source['spec'])} cannot ${lacking}`,
      ),
    )
    return { ...standing({ sinkUri: sink.uri, namespaces }), isFailed: true }
  }
  known.push(isTrue('SufficientPermissions'), deployed(availability))
  const mode: Mode = textAt(spec, 'mode') === 'Resource' ? 'Resource' : 'Reference'
  const selector = at(spec, 'namespaceSelector')
  const isClusterWide = selector !== undefined && selectorText(selector) === ''
  return {
    ...standing({
      sinkUri: sink.uri,
      namespaces,
      ceAttributes: eventTypes(mode).map((type) => ({ type, source: apiServerUrl })),
    }),
    adapter: { name, namespace, namespaces, isClusterWide, sinkUri: sink.uri, spec },
  }
}

const before = (source: KubeObject, type: string): Condition => {
  const found = listAt(source, 'status', 'conditions').find((each) => textAt(each, 'type') === type)
  if (textAt(found, 'status') === 'True') return isTrue(type, textAt(found, 'reason'), textAt(found, 'message'))
  return isUnknown(type)
}

function deployed(availability: Availability): Condition {
  if (availability === 'available') return isTrue('Deployed')
  return availability === 'rolling'
    ? isUnknown('Deployed', 'DeploymentUpdating', 'Deployment has 1 unavailable replica(s).')
    : isFalse('Deployed', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.')
}

function namespacesOf(client: Client, source: KubeObject): readonly string[] {
  const selector = at(source, 'spec', 'namespaceSelector')
  if (selector === undefined) return [source.metadata.namespace ?? '']
  const labelSelector = selectorText(selector)
  return client
    .list(resources.namespaces, { labelSelector })
    .map(({ metadata }) => metadata.name ?? '')
    .sort()
}

/** By SubjectAccessReviews of the user alone, without groups, as the real controller asks; '' when nothing is missing. */
function missingRights(client: Client, source: KubeObject, namespaces: readonly string[]): string {
  const user = accountOf(source.metadata.namespace ?? '', source['spec'])
  const missing = listAt(source, 'spec', 'resources').flatMap((each) => {
    const [, group = ''] = textAt(each, 'apiVersion').split('/').reverse()
    const resource = guessedPlural(textAt(each, 'kind'))
    return namespaces.flatMap((namespace) => {
      const verbs = ['get', 'list', 'watch'].filter((verb) => {
        const review = client.create(
          { apiVersion: 'authorization.k8s.io/v1', plural: 'subjectaccessreviews' },
          {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SubjectAccessReview',
            spec: { user, resourceAttributes: { namespace, verb, group, resource } },
          },
        )
        return at(review, 'status', 'allowed') !== true
      })
      const where = `resource "${resource}" in API group "${group}" in Namespace "${namespace}"`
      return verbs.length === 0 ? [] : [`${verbs.join(', ')} ${where}`]
    })
  })
  return missing.join(', ')
}
