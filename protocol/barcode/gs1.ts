import { MAX_SCAN_CHARS } from '../device/messages.ts'
import { fail, ok, type Outcome } from '../outcome.ts'
import { characterSets, obeys } from './gs1-rules.ts'
import { identifiers, type Component, type Identifier } from './gs1-table.ts'

/**
 * GS1 element strings (General Specifications section 3 and §7.8): application identifier and data, one after another. Data whose length the
 * identifier does not fix ends with a separator, which scanners send for FNC1 as GS (0x1D).
 */
export type Gs1Element = { readonly ai: string; readonly value: string }

export type Gs1Fault =
  | 'gs1.empty'
  | 'gs1.too_long'
  /** Not an identifier of section 3. */
  | 'gs1.unknown_identifier'
  /** Less or more data than the identifier has. */
  | 'gs1.bad_length'
  | 'gs1.bad_character'
  /** A check digit, date or code that cannot be. */
  | 'gs1.bad_content'
  /** Not a GS1 Digital Link, or not text with identifiers in brackets. */
  | 'gs1.bad_syntax'
  /** The same identifier with two values, or two that exclude each other. */
  | 'gs1.contradiction'
  /** An identifier stands without one that must be with it. */
  | 'gs1.missing'

export type Gs1Elements = Outcome<readonly Gs1Element[], Gs1Fault>

export const GS = '\x1d'

/** As it comes out of a symbol, without the symbology identifier and without a leading FNC1. Total; the detail of a fault names the identifier. */
export function parseElements(text: string): Gs1Elements {
  if (text.length > MAX_SCAN_CHARS) return fail('gs1.too_long')
  const elements: Gs1Element[] = []
  for (let at = 0; at < text.length;) {
    const ai = identifierAt(text, at)
    if (ai === undefined) return fail('gs1.unknown_identifier', text.slice(at, at + 4))
    const start = at + ai.length
    const separator = text.indexOf(GS, start)
    const rest = separator < 0 ? text.length : separator
    const end = Math.min(rest, start + (identifiers.get(ai)?.predefined ?? rest))
    const element = readElement(ai, text.slice(start, end))
    if (!element.ok) return element
    elements.push(element.value)
    // A separator may also follow data of predefined length: superfluous, but allowed (§7.8.5.2).
    at = text[end] === GS ? end + 1 : end
  }
  return elements.length === 0 ? fail('gs1.empty') : ok(elements)
}

/** As people read it: `(01)09521234543213(3103)000750`. A bracket that belongs to the data is written `\(`. */
export function parseBracketed(text: string): Gs1Elements {
  if (text.length > MAX_SCAN_CHARS) return fail('gs1.too_long')
  const elements: Gs1Element[] = []
  const bracketed = /\((\d{2,4})\)((?:\\\(|[^(])*)/y
  for (let at = 0; at < text.length; at = bracketed.lastIndex) {
    const [, ai, data] = bracketed.exec(text) ?? []
    if (ai === undefined || data === undefined) return fail('gs1.bad_syntax')
    const element = readElement(ai, data.replaceAll('\\(', '('))
    if (!element.ok) return element
    elements.push(element.value)
  }
  return elements.length === 0 ? fail('gs1.empty') : ok(elements)
}

/** Identifiers have two to four digits, and none is the beginning of another. */
const identifierAt = (text: string, at: number): string | undefined =>
  [2, 3, 4].map((length) => text.slice(at, at + length)).find((candidate) => identifiers.has(candidate))

/** One element, checked against the format of its identifier. */
export function readElement(ai: string, value: string): Outcome<Gs1Element, Gs1Fault> {
  const identifier = identifiers.get(ai)
  if (identifier === undefined) return fail('gs1.unknown_identifier', ai)
  const fault = faultIn(identifier, value)
  return fault === undefined ? ok({ ai, value }) : fail(fault, ai)
}

function faultIn({ components }: Identifier, value: string): Gs1Fault | undefined {
  let rest = value
  for (const component of components) {
    if (rest === '' && component.optional) break
    const part = rest.slice(0, component.max)
    rest = rest.slice(component.max)
    const fault = faultOf(component, part)
    if (fault !== undefined) return fault
  }
  return rest === '' ? undefined : 'gs1.bad_length'
}

function faultOf({ set, min, rules }: Component, part: string): Gs1Fault | undefined {
  if (part.length < min) return 'gs1.bad_length'
  if (!characterSets[set].test(part)) return 'gs1.bad_character'
  return rules.every((rule) => obeys(rule, part)) ? undefined : 'gs1.bad_content'
}

/**
 * Whether elements can stand together (§4.13): undefined when they can. `gs1.missing` must be judged over all symbols of an item, and is no fault of one of
 * several.
 */
export function faultTogether(elements: readonly Gs1Element[]): 'gs1.contradiction' | 'gs1.missing' | undefined {
  const values = new Map<string, string>()
  for (const { ai, value } of elements) {
    if (values.has(ai) && values.get(ai) !== value) return 'gs1.contradiction'
    values.set(ai, value)
  }
  const present = [...values.keys()]
  const rowsOf = present.map((ai) => [ai, identifiers.get(ai)] as const)
  if (rowsOf.some(([ai, row]) => row?.never.some((pattern) => present.some((other) => other !== ai && matches(pattern, other))))) return 'gs1.contradiction'
  const isThere = (pattern: string) => present.some((ai) => matches(pattern, ai))
  if (!rowsOf.every(([, row]) => row?.needs.every((group) => group.some((parts) => parts.every(isThere))) ?? true)) return 'gs1.missing'
  const signed = values.has('8030')
  return signed && KEYS_WITH_SERIAL.some(([ai, length]) => values.get(ai)?.length === length) ? 'gs1.missing' : undefined
}

/** A digital signature (AI 8030) is of one thing, so these keys must carry their serial component with it: their length without. */
const KEYS_WITH_SERIAL = [
  ['253', 13],
  ['255', 13],
  ['8003', 14],
] as const

/** `n` stands for any digit: `392n`. */
const matches = (pattern: string, ai: string): boolean => pattern.length === ai.length && [...pattern].every((sign, at) => sign === 'n' || sign === ai[at])
