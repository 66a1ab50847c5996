import type { FieldChange } from '#protocol/hub-api/merchants.ts'

/** What somebody changed, field by field: `fees.rates.card.fixedMinor` from 5 to 8. What is listed is named by what tells it from the others. Pure. */
export function differences(before: unknown, after: unknown): readonly FieldChange[] {
  const [was, is] = [new Map(leaves(before, [])), new Map(leaves(after, []))]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((field) => was.get(field) !== is.get(field))
    .map((field) => ({ field, before: was.get(field) ?? '', after: is.get(field) ?? '' }))
}

function leaves(value: unknown, path: readonly string[]): readonly (readonly [string, string])[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each: unknown, at) => leaves(each, [...path, nameOf(each) ?? String(at + 1)]))
  if (typeof value === 'object') return Object.entries(value).flatMap(([name, each]) => leaves(each, [...path, name]))
  return [[path.join('.'), typeof value === 'string' ? value : JSON.stringify(value)]]
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  if ('instrument' in item && typeof item.instrument === 'string') return item.instrument
  if ('fromMinor' in item && typeof item.fromMinor === 'number') return String(item.fromMinor)
  return 'id' in item && typeof item.id === 'string' ? item.id.slice(-4) : undefined
}
