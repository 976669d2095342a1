import { at, isObject, listAt, textAt } from '../api-server/json.ts'

/** A LabelSelector in the form that a query has: `a=b,c in (d,e),!f`. Pure. */
export function selectorText(selector: unknown): string {
  const labels = at(selector, 'matchLabels')
  const equal = isObject(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${value}`) : []
  const expressions = listAt(selector, 'matchExpressions').map((each) => {
    const key = textAt(each, 'key')
    const values = `(${listAt(each, 'values').join(',')})`
    switch (textAt(each, 'operator')) {
      case 'In':
        return `${key} in ${values}`
      case 'NotIn':
        return `${key} notin ${values}`
      case 'Exists':
        return key
      default:
        return `!${key}`
    }
  })
  return [...equal, ...expressions].join(',')
}
