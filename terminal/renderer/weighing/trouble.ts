import type { ErrorCode } from '#protocol/errors.ts'
import type { Notice } from '#protocol/till-api/api.ts'

/** Why the scale did not do what it was told: that word comes later than the answer to the command, and its notice lies under the dialog. */
export const troubleOf = (notices: readonly Notice[]): ErrorCode | undefined =>
  notices.findLast(({ code }) => code.startsWith('device.scale_') || code === 'device.unsupported' || code === 'device.unknown_order')?.code
