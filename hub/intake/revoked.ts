import { decodeEntry } from '#protocol/journal/entry.ts'
import type { Batch } from '#protocol/hub/messages.ts'
import type { EpochMs } from '#protocol/time.ts'

/**
 * Whether everything in a batch was written before its till was revoked, as the till says. A till that burnt, and was revoked, loses nothing that a neighbour or
 * an export has (invariant 11). What a thief back-dates with its key is held to everything that the till itself was held to: each wallet's proof, what was
 * captured before a refund, and the times that its acknowledgements bound.
 */
export const isFromBefore = ({ till, epoch, from, entries }: Batch, revokedAt: EpochMs): boolean =>
  entries.every((bytes, index) => {
    const entry = decodeEntry(bytes, { till, epoch, n: from + index })
    return entry.ok && entry.value.at <= revokedAt
  })
