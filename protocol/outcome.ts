import type { ErrorCode } from './errors.ts'

/**
 * The answer of anything that can fail in an expected way. A broken invariant is not an Outcome: it throws.
 * `detail` is for the engineer who reads a log or a journal; the person at the till gets the sentence of `errors.ts`.
 */
export type Outcome<T, Code extends string = ErrorCode> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly detail?: string }

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })

export const fail = <Code extends string>(code: Code, detail?: string): { readonly ok: false; readonly code: Code; readonly detail?: string } =>
  detail === undefined ? { ok: false, code } : { ok: false, code, detail }

/** States what must be true here whatever the input. Money code would rather stop and restart from the journal than go on. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}

/** For the `default` of a switch that must be exhaustive: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}
