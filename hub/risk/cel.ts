import { Environment, type ASTNode } from '@marcbachmann/cel-js'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import { MAX_PARTS, type Comparison, type Condition, type Term } from '#protocol/risk/rules.ts'

/**
 * Conditions that people write in the Common Expression Language. The library reads and checks the text, against the names of features and nothing else; what it
 * means is then translated into a `Condition`, which the same compiler as for every other rule makes code of. So nothing is interpreted while somebody waits to
 * pay, no text runs, and an expression costs what its comparisons cost: there are no loops, lists, texts or functions in what can be translated.
 *
 * Numbers are doubles. CEL keeps integers apart and would cut 7 / 2 to 3: sums of whole literals alone are refused, and everything else is the same either way.
 */
export const MAX_CEL_CHARS = 1000
const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 1, maxMapEntries: 1, maxCallArguments: 1 }

/** Where one side is a feature, a whole literal beside it is meant as a number like it. */
const MIXED = ['+', '-', '*', '/'] as const

/** What the library believes: `names` are doubles, and nothing else exists. For `conditionOf`, and to compare our translation with. */
export function celEnvironment(names: readonly string[]): Environment {
  const environment = new Environment({ limits: LIMITS })
  for (const name of names) environment.registerVariable(name, 'double')
  const sum: Readonly<Record<(typeof MIXED)[number], (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  }
  for (const op of MIXED) {
    environment.registerOperator(`double ${op} int`, (a: number, b: bigint) => sum[op](a, Number(b)))
    environment.registerOperator(`int ${op} double`, (a: bigint, b: number) => sum[op](Number(a), b))
  }
  return environment
}

/** Refused with a sentence that says what about it is wrong. */
export function conditionOf(environment: Environment, text: string): Outcome<Condition, 'risk.bad_expression'> {
  if (text.length > MAX_CEL_CHARS) return fail('risk.bad_expression', `it is longer than ${MAX_CEL_CHARS} characters`)
  const checked = environment.check(text)
  if (!checked.valid) return fail('risk.bad_expression', firstLine(checked.error?.message))
  if (checked.type !== 'bool') return fail('risk.bad_expression', `it says a ${checked.type ?? 'value'}, not yes or no`)
  try {
    const { ast } = environment.parse(text)
    if (comparisonsIn(ast) > MAX_PARTS) refuse(`it comes to more than ${MAX_PARTS} comparisons`)
    return ok(condition(ast))
  } catch (error) {
    if (error instanceof NotTranslated) return fail('risk.bad_expression', error.message)
    throw error
  }
}

const firstLine = (message: string | undefined): string => (message ?? 'it cannot be read').split('\n')[0] ?? ''

class NotTranslated extends Error {}
const refuse = (what: string): never => {
  throw new NotTranslated(what)
}

const isComparison = (op: string): op is Comparison => ['<', '<=', '>', '>=', '==', '!='].includes(op)

/** In what it is translated into. A choice says what it asks twice, so choices that ask choices double with each: known before anything so large is made. */
function comparisonsIn(node: ASTNode): number {
  switch (node.op) {
    case '&&':
    case '||':
      return comparisonsIn(node.args[0]) + comparisonsIn(node.args[1])
    case '!_':
      return comparisonsIn(node.args)
    case '?:': {
      const [asked, yes, no] = node.args
      return 2 * comparisonsIn(asked) + comparisonsIn(yes) + comparisonsIn(no)
    }
    default:
      return 1
  }
}

function condition(node: ASTNode): Condition {
  switch (node.op) {
    case '&&':
      return { all: node.args.map(condition) }
    case '||':
      return { any: node.args.map(condition) }
    case '!_':
      return { not: condition(node.args) }
    case '?:': {
      const [asked, yes, no] = node.args.map(condition) as [Condition, Condition, Condition]
      return { any: [{ all: [asked, yes] }, { all: [{ not: asked }, no] }] }
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '==':
    case '!=':
      return compared(node.op, node.args[0], node.args[1])
    default:
      return refuse(`"${textOf(node)}" is no comparison of numbers`)
  }
}

function compared(is: Comparison, left: ASTNode, right: ASTNode): Condition {
  if (isComparison(left.op) || isComparison(right.op)) refuse('comparisons cannot be compared: join them with && or ||')
  return { left: term(left), is, right: term(right) }
}

function term(node: ASTNode): Term {
  switch (node.op) {
    case 'id':
      return node.args
    case 'value':
      return literal(node.args, node)
    case '-_':
      // Not 0 − x, which would lose the sign of nothing.
      return { op: '*', of: [-1, term(node.args)] }
    case '+':
    case '-':
    case '*':
    case '/': {
      const [one, other] = node.args
      if (isWhole(one) && isWhole(other)) refuse(`"${textOf(node)}" is a sum of whole numbers, which CEL would round: write 7.0 for 7`)
      return { op: node.op, of: [term(one), term(other)] }
    }
    default:
      return refuse(`"${textOf(node)}" is not a number that rules know`)
  }
}

/** Of whole literals alone: what CEL counts in integers. */
function isWhole(node: ASTNode): boolean {
  if (node.op === 'value') return typeof node.args === 'bigint'
  if (node.op === '-_') return isWhole(node.args)
  return (node.op === '+' || node.op === '-' || node.op === '*' || node.op === '/') && isWhole(node.args[0]) && isWhole(node.args[1])
}

function literal(value: unknown, node: ASTNode): Term {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return refuse(`"${textOf(node)}" is not a number that rules know`)
  if (typeof value === 'bigint' && !Number.isSafeInteger(number)) return refuse(`"${textOf(node)}" is larger than numbers are exact`)
  // JSON knows no negative nothing.
  return Object.is(number, -0) ? { op: '*', of: [-1, 0] } : number
}

const textOf = ({ input, range }: ASTNode): string => input.slice(range.start, range.end).slice(0, 60)
