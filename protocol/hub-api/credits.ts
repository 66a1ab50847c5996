import type { EntryBody } from '../journal/entry.ts'
import type { Id } from '../ids.ts'
import type { Currency, Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** `GET /api/credits`: credit that tills have issued and that is worth nothing, the newest first, at most 50. `POST /api/credits/:id/release` `{}` answers the same. */
export type CreditsState = { readonly currency: Currency; readonly waiting: readonly WaitingCredit[] }
export type WaitingCredit = Pick<EntryBody<'credit.issued'>, 'creditId' | 'why' | 'amountMinor' | 'currency'> & { readonly till: string; readonly at: EpochMs }

/** `POST /api/credits`: a gift card that the shop makes. `creditId` (UUIDv7) is made by who asks, so that a second press makes no second card. */
export type NewCredit = { readonly creditId: Id; readonly amountMinor: Minor }
/** `code` is the text of the QR code, and worth money: whoever has it may spend it. It is told here and kept nowhere. */
export type ToldCredit = NewCredit & { readonly currency: Currency; readonly code: string }
