const core =
  'bindings componentstatuses endpoints nodes/proxy persistentvolumes podtemplates replicationcontrollers pods/attach pods/exec pods/portforward pods/proxy pods/resize services/proxy'
const inGroups = new Map(
  Object.entries({
    '': core,
    'admissionregistration.k8s.io':
      'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingwebhookconfigurations',
    apps: 'controllerrevisions daemonsets replicasets statefulsets',
    batch: 'cronjobs',
    'networking.k8s.io': 'ingressclasses ipaddresses servicecidrs',
    'authentication.k8s.io': 'tokenreviews',
    'coordination.k8s.io': 'leasecandidates',
  }),
)
const wholeGroups = [
  'apiregistration.k8s.io',
  'autoscaling',
  'certificates.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'node.k8s.io',
  'policy',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]

/** Whether the real server has this resource (or subresource) by itself, and the embedded one has not: a 501 and no 404. */
export const isNotServed = (group: string, plural: string): boolean =>
  wholeGroups.includes(group) || (inGroups.get(group)?.split(' ').includes(plural) ?? false)
