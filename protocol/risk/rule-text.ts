import type { Condition, Term } from './rules.ts'

/** A condition as somebody would have written it, in CEL: for rules that were put together, which a person then edits as text. */
export function celOf(when: Condition): string {
  if ('not' in when) return `!(${celOf(when.not)})`
  if ('all' in when) return joined(when.all, ' && ')
  if ('any' in when) return joined(when.any, ' || ')
  if ('is' in when) return `${termText(when.left)} ${when.is} ${termText(when.right)}`
  if ('above' in when) return `${when.feature} > ${numberText(when.above)}`
  if ('atMost' in when) return `${when.feature} <= ${numberText(when.atMost)}`
  return `${when.timesMoreThan} > 0.0 && ${when.feature} > ${numberText(when.factor)} * ${when.timesMoreThan}`
}

function joined(parts: readonly Condition[], by: string): string {
  const [only] = parts
  return parts.length === 1 && only !== undefined ? celOf(only) : parts.map((part) => (isOne(part) ? celOf(part) : `(${celOf(part)})`)).join(by)
}
const isOne = (part: Condition): boolean => !('all' in part || 'any' in part || 'timesMoreThan' in part)

const termText = (of: Term): string =>
  typeof of === 'string' ? of : typeof of === 'number' ? numberText(of) : `(${termText(of.of[0])} ${of.op} ${termText(of.of[1])})`

/** With a point, or CEL would take it for an integer. */
const numberText = (value: number): string => (/[.e]/.test(String(value)) ? String(value) : `${value}.0`)
