import type { DurationMs } from '#protocol/time.ts'

/**
 * Tells a barcode scanner that types like a keyboard ("wedge") from a person: no hand keeps every gap this short over this many
 * characters and then presses Enter. Times are those of the events themselves, so a busy page does not stretch a burst.
 */
export const MAX_GAP: DurationMs = 50
export const MIN_CHARS = 6
/** Some scanners pause before the key that ends the code; if that Enter were let through it would press whatever has the focus. */
export const MAX_END_GAP: DurationMs = 250
/** As many as a scan command may carry. What runs on longer is no code, and is told as unreadable. */
export const MAX_CHARS = 4096

export type WedgeState = { readonly text: string; readonly at: DurationMs }
export const quiet: WedgeState = { text: '', at: Number.NEGATIVE_INFINITY }

export type WedgeStep = {
  readonly state: WedgeState
  /** `lone`: may be a person's key or the first of a burst; `burst`: followed another one at a scanner's speed; `scan`, `unreadable`: the burst ended. */
  readonly saw: 'lone' | 'burst' | 'scan' | 'unreadable' | 'other'
  /** The code, with `scan`. */
  readonly scanned?: string
}

/** Scanners press these on the way to capitals and symbols; they neither belong to a code nor end one. */
const modifiers: ReadonlySet<string> = new Set(['Shift', 'CapsLock', 'NumLock', 'AltGraph', 'Control', 'Alt', 'Meta'])

/** One key press (`key` as in KeyboardEvent, never an automatic repeat) at `at` ms of any steady clock. */
export function wedgeStep(state: WedgeState, key: string, at: DurationMs): WedgeStep {
  if (modifiers.has(key)) return { state, saw: 'other' }
  const gap = at - state.at
  if (key.length === 1) {
    if (gap > MAX_GAP) return { state: { text: key, at }, saw: 'lone' }
    return { state: { text: state.text.length > MAX_CHARS ? state.text : state.text + key, at }, saw: 'burst' }
  }
  // Some scanners end a code with Tab instead of Enter.
  if ((key === 'Enter' || key === 'Tab') && gap <= MAX_END_GAP && state.text.length >= MIN_CHARS) {
    return state.text.length > MAX_CHARS ? { state: quiet, saw: 'unreadable' } : { state: quiet, saw: 'scan', scanned: state.text }
  }
  return { state: quiet, saw: 'other' }
}
