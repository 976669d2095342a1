import { parseAst } from 'rolldown/parseAst'

/** A test, a group of them, or a scenario, as it is written in a source text. */
export type Declared = {
  readonly title: string
  /** Never run, whatever the machine: `skip`, `todo` and the like, its own or that of a group around it. */
  readonly isLeftOut: boolean
  /** Has nothing in it that could fail: not a single call. */
  readonly isEmpty: boolean
}

type Node = { readonly type: string; readonly [key: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value
const partsOf = (node: Node): readonly Node[] => Object.values(node).flat().filter(isNode)

const textOf = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined
  const [only, ...others] = node.type === 'TemplateLiteral' ? (node['quasis'] as Node[]) : []
  return only && others.length === 0 ? (only['value'] as { cooked: string }).cooked : undefined
}

/** `['test', 'skip', 'each']` of `test.skip.each([…])`. */
const wordsOf = (callee: unknown): readonly string[] => {
  if (!isNode(callee)) return []
  switch (callee.type) {
    case 'Identifier':
      return [callee['name'] as string]
    case 'MemberExpression':
      return [...wordsOf(callee['object']), ...wordsOf(callee['property'])]
    case 'CallExpression':
      return wordsOf(callee['callee'])
    default:
      return []
  }
}

const leavesOut = ['skip', 'todo', 'fails']
const declares = ['test', 'it', 'describe']

const calls = (node: Node): boolean => node.type === 'CallExpression' || partsOf(node).some(calls)
const isFunction = ({ type }: Node): boolean => type === 'ArrowFunctionExpression' || type === 'FunctionExpression'

const declaredHere = (node: Node): Declared | undefined => {
  if (node.type === 'CallExpression') {
    const [first = '', ...rest] = wordsOf(node['callee'])
    const [title, ...others] = node['arguments'] as Node[]
    const text = textOf(title)
    if (!declares.includes(first) || text === undefined) return undefined
    const bodies = others.filter(isFunction)
    return {
      title: text,
      isLeftOut: rest.some((word) => leavesOut.includes(word)),
      isEmpty: !bodies.some((body) => calls(body['body'] as Node)),
    }
  }
  if (node.type !== 'ObjectExpression') return undefined
  const properties = node['properties'] as Node[]
  const named = (name: string) => properties.find(({ key }) => isNode(key) && key['name'] === name)?.['value']
  const [title, run] = [textOf(named('name')), named('run')]
  if (title === undefined || !isNode(run)) return undefined
  return { title, isLeftOut: false, isEmpty: isFunction(run) && !calls(run['body'] as Node) }
}

/** All that a source text declares, in its order. Pure. */
export const declaredTestsIn = (source: string): readonly Declared[] => {
  const visit = (node: Node, isWithinLeftOut: boolean): readonly Declared[] => {
    const declared = declaredHere(node)
    const isLeftOut = isWithinLeftOut || (declared?.isLeftOut ?? false)
    return [
      ...(declared ? [{ ...declared, isLeftOut }] : []),
      ...partsOf(node).flatMap((part) => visit(part, isLeftOut)),
    ]
  }
  return visit(parseAst(source, { lang: 'ts' }) as unknown as Node, false)
}
