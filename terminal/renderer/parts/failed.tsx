import type { ErrorCode } from '#protocol/errors.ts'
import { errorText } from '../words.ts'

/** Why what was asked in a dialog did not take, in its place there. */
export const Failed = ({ code, next }: { readonly code: ErrorCode; readonly next?: string }) => (
  <p className="dialog-failed" data-tone={errorText(code).tone} role="alert">
    <strong>{errorText(code).say}</strong> {next ?? errorText(code).next}
  </p>
)
