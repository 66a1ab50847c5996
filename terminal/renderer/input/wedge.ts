import type { DurationMs } from '#protocol/time.ts'

/**
 * Tells a barcode scanner that types like a keyboard ("wedge") from a person: no hand keeps most gaps this short over this many
 * characters and then presses Enter. Times are those of the events themselves, so a busy page does not stretch a code.
 */
export const MAX_GAP: DurationMs = 50
export const MIN_CHARS = 6
/**
 * A code may stall for this long (a radio link, a busy system), also before the key that ends it. Were it cut in two there, the rest would
 * be scanned as another code, and the Enter would press whatever has the focus. Nobody types and then scans as quickly as this.
 */
export const MAX_STALL: DurationMs = 250
/** Of four gaps, three are a scanner's. */
const FAST_SHARE = 0.75
/** As many as a scan command may carry. What runs on longer is no code, and is told as unreadable. */
export const MAX_CHARS = 4096

/** A run of characters without a longer pause; `fast` counts the gaps that no hand makes. */
export type WedgeState = { readonly text: string; readonly fast: number; readonly at: DurationMs }
export const quiet: WedgeState = { text: '', fast: 0, at: Number.NEGATIVE_INFINITY }

export type WedgeStep = {
  readonly state: WedgeState
  /** `first`: begins a run; `slow`, `fast`: goes on with it at a person's or a scanner's speed; `scan`, `unreadable`: a scanner ended it; `other`: no character. */
  readonly saw: 'first' | 'slow' | 'fast' | 'scan' | 'unreadable' | 'other'
  /** The code, with `scan`. */
  readonly scanned?: ScannedByKeys
}

/** `aim`: the AIM identifier (ISO/IEC 15424) that a scanner may be set to type before the code. */
export type ScannedByKeys = { readonly text: string; readonly aim?: string }

/** An identifier, then at least one character of data: a bare `]E0` is a code that says `]E0`. */
const AIM = /^\][A-Za-z][0-9A-Za-z](?=[^])/

/** A track of a card (ISO/IEC 7813), typed by a reader that works like a keyboard. It is nothing to sell, and its number goes no further than here. */
const TRACK = /^%[A-Z]\d{12,19}\^|;\d{12,19}=/

/** Scanners press these on the way to capitals and symbols; they neither belong to a code nor end one. */
export const modifiers: ReadonlySet<string> = new Set(['Shift', 'CapsLock', 'NumLock', 'AltGraph', 'Control', 'Alt', 'Meta'])

/** One key press (`key` as in KeyboardEvent, never an automatic repeat) at `at` ms of any steady clock. */
export function wedgeStep(state: WedgeState, key: string, at: DurationMs): WedgeStep {
  if (modifiers.has(key)) return { state, saw: 'other' }
  const gap = at - state.at
  if (key.length === 1) {
    if (gap > MAX_STALL) return { state: { text: key, fast: 0, at }, saw: 'first' }
    const isFast = gap <= MAX_GAP
    const text = state.text.length > MAX_CHARS ? state.text : state.text + key
    return { state: { text, fast: Math.min(text.length - 1, state.fast + (isFast ? 1 : 0)), at }, saw: isFast ? 'fast' : 'slow' }
  }
  // Some scanners end a code with Tab instead of Enter.
  if ((key === 'Enter' || key === 'Tab') && gap <= MAX_STALL && isScannersWork(state)) {
    const isCode = state.text.length <= MAX_CHARS && !TRACK.test(state.text)
    return isCode ? { state: quiet, saw: 'scan', scanned: withoutAim(state.text) } : { state: quiet, saw: 'unreadable' }
  }
  return { state: quiet, saw: 'other' }
}

function withoutAim(text: string): ScannedByKeys {
  const aim = AIM.exec(text)?.[0]
  return aim === undefined ? { text } : { text: text.slice(aim.length), aim }
}

const isScannersWork = ({ text, fast }: WedgeState): boolean => text.length >= MIN_CHARS && fast >= FAST_SHARE * (text.length - 1)
