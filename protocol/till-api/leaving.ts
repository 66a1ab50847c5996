import type { ErrorCode } from '../errors.ts'
import type { View } from './api.ts'

/** What a gate stands before. Here and not in `api.ts`, since a screen needs the list and no schemas: their library would double what it loads first. */
export const gateActions = ['closeShift', 'signOut', 'update', 'reset'] as const
export type GateAction = (typeof gateActions)[number]

/**
 * Why a till's window should not be closed now: the same gate as for signing out, read off the last view by the window and by its page. Nothing
 * would be lost, since the journal stays; but nobody would watch over the money that only this till knows of. An export of everything opens it.
 */
export function reasonsToStay({ tender, link, exported }: Pick<View, 'tender' | 'link' | 'exported'>): readonly ErrorCode[] {
  const paying = tender.stage === 'awaiting_code' || tender.stage === 'deciding' || tender.stage === 'unknown'
  return [...(paying ? (['gate.open_payment'] as const) : []), ...(link.waiting.payments > 0 && exported?.covers !== true ? (['gate.outbox'] as const) : [])]
}
