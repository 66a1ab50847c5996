import type { CardSecret } from '../acquirers/acquirer.ts'
import type { Outcome } from '#protocol/outcome.ts'

/** Why a card cannot be opened. */
export type OpenCode = 'card.unknown_reader' | 'card.forged' | 'card.unreadable'

/**
 * What a hardware security module would do for the hub: it has the readers' keys and gives none away. Its body runs in a process of its own
 * (`process.ts`), so that no fault of the hub reads what is in its memory.
 */
export interface KeyService {
  /**
   * Number, `=`, expiry date (YYMM) and, of a track, what follows, in ASCII: for the acquirer's connector alone, which wipes it. It must be the card that
   * `maskedPan` shows.
   */
  open(secret: CardSecret, maskedPan: string): Promise<Outcome<Uint8Array, OpenCode>>
  /** Number and expiry date alone, sealed for this service: what may be kept of a card whose acquirer has answered. */
  keepNumber(secret: CardSecret, maskedPan: string): Promise<Outcome<string, OpenCode>>
  /** Destroys the key of one swipe: what the reader encrypted then is lost for everybody, in every journal and every copy. Serial number in hex. */
  forget(scheme: Extract<CardSecret, { is: 'track' }>['scheme'], ksn: string): Promise<void>
  close(): Promise<void>
}
