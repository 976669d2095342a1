import { type Group, pathOf, type Step } from './case.ts'

const texts: Readonly<Record<string, string>> = {
  empty: '',
  'no JSON': '{"a"',
  'a bare word': 'hello',
  'a number': '1',
  'a list': '[]',
  nothing: 'null',
  'a text': '"x"',
  'a trailing comma': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},}',
  'two values': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}} {}',
  'a bad escape': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\\x"}}',
  'a double key': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1"},"data":{"b":"2"}}',
  'a double key inside': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}',
  'a double key in a list':
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"a","name":"b","image":"i"}]}}',
  'a double and an unknown key': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","name":"y"},"nope":1}',
  'a key in another case': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"Name":"x","name":"y"},"Data":{"a":"b"}}',
}
const send = (query: string): readonly Step[] =>
  Object.entries(texts).map(([name, text]) => ({
    name: `${name}${query}`,
    method: 'POST',
    path: pathOf(text.includes('"Pod"') ? 'pods' : 'configmaps', `?dryRun=All${query}`),
    text,
  }))

export const bodyGroups: readonly Group[] = [
  {
    name: 'bodies',
    setup: [
      {
        name: 'stay',
        method: 'POST',
        path: pathOf('configmaps'),
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stay' }, data: { a: 'b' } },
      },
    ],
    steps: [
      ...send(''),
      ...send('&fieldValidation=Strict'),
      ...send('&fieldValidation=Ignore'),
      ...['merge-patch', 'json-patch', 'strategic-merge-patch'].flatMap((kind) =>
        ['', '{"a"', 'hello', '[]', '1', 'null', '{"data":{"a":"1","a":"2"}}'].map(
          (text): Step => ({
            name: `${kind} ${text}`,
            method: 'PATCH',
            path: pathOf('configmaps', '/stay?dryRun=All'),
            type: `application/${kind}+json`,
            text,
          }),
        ),
      ),
    ],
  },
]
