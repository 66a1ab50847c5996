import { errors, type ErrorCode } from '#protocol/errors.ts'

/** Why what was asked in a dialog did not take, in its place there. */
export const Failed = ({ code, next }: { readonly code: ErrorCode; readonly next?: string }) => (
  <p className="dialog-failed" data-tone={errors[code].tone} role="alert">
    <strong>{errors[code].say}</strong> {next ?? errors[code].next}
  </p>
)
