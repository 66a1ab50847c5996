import { SECOND, type DurationMs } from '../time.ts'
import type { Code } from './engine.ts'

/**
 * When a code in a camera's pictures counts as scanned. A code that corrects errors counts at once. One of bars counts when two pictures show the
 * same, or when it is a product that the till knows: a misread EAN passes its check digit one time in ten, but then it is hardly on the price list.
 * It does not count again until it has been out of the picture for a while, so that goods held before the camera are sold once.
 */
export type Agreement = {
  /** By text: in how many pictures it was seen, when last, and whether it has counted. The least recently seen first. */
  readonly seen: ReadonlyMap<string, Sight>
}
type Sight = { readonly pictures: number; readonly lastSeen: DurationMs; readonly counted: boolean }

/** Longer than a hand or a reflection hides a code, shorter than putting down one article and taking up the next of its kind. */
export const OUT_OF_SIGHT: DurationMs = 1.5 * SECOND
/** Two pictures that agree are not further apart. */
export const AGREES_WITHIN: DurationMs = SECOND
export const MAX_SEEN = 64

export const nothingSeen: Agreement = { seen: new Map() }

export type Judged = { readonly agreement: Agreement; readonly counted: readonly Code[] }

/** Takes all codes of the next picture, taken at `at` on a monotonic clock. `isKnown`: a GTIN of the till's catalogue. */
export function agree({ seen }: Agreement, codes: readonly Code[], at: DurationMs, isKnown: (text: string) => boolean): Judged {
  const now = new Map([...seen].filter(([, { lastSeen, counted }]) => at - lastSeen <= (counted ? OUT_OF_SIGHT : AGREES_WITHIN)))
  const counted: Code[] = []
  // By text, since one code may be seen twice, or as two symbologies at once.
  for (const code of new Map(codes.map((each) => [each.text, each])).values()) {
    const before = now.get(code.text)
    const pictures = (before?.pictures ?? 0) + 1
    const counts = before?.counted !== true && (pictures > 1 || code.corrects || isKnown(code.text))
    if (counts) counted.push(code)
    now.delete(code.text)
    now.set(code.text, { pictures, lastSeen: at, counted: counts || before?.counted === true })
  }
  for (const text of [...now.keys()].slice(0, Math.max(0, now.size - MAX_SEEN))) now.delete(text)
  return { agreement: { seen: now }, counted }
}
