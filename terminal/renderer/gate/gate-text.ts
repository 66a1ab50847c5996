import type { ErrorCode } from '#protocol/errors.ts'
import { reasonsToStay } from '#protocol/till-api/leaving.ts'
import type { GateAction, GateView, View } from '#protocol/till-api/api.ts'

/** A gate that stands before something: an action of the core, or closing the window. */
export type Gate = Omit<GateView, 'action'> & { readonly action: GateAction | 'leaving' }

/** The gate to show, if any. One before an action comes first: it was asked for later than the window could be closed. */
export function gateOf(view: View, leaving: boolean): Gate | undefined {
  if (view.gate !== undefined) return view.gate
  if (!leaving) return undefined
  const reasons = reasonsToStay(view)
  return { action: 'leaving', reasons, waiting: view.link.waiting, canExport: reasons.includes('gate.outbox') }
}

/** Another dialog takes over: a gate, or the one in which a colleague allows it. The core keeps what was asked for. */
export const isAskedElsewhere = (code: ErrorCode): boolean => code.startsWith('gate.') || code === 'staff.needs_role'

/** However it is written: it must be typed on purpose, not be spelled. */
export const isTillName = (typed: string, name: string): boolean => typed.trim() !== '' && typed.trim().toLocaleLowerCase() === name.trim().toLocaleLowerCase()
