import { kindOfPosting } from './book.ts'
import { leftOf } from './claim.ts'
import type { Payout } from './payout.ts'
import type { Settlement } from './settlement.ts'
import { netOf, totalNames, type SettlementWindow } from './window.ts'
import { merchantAccount } from '../ledger/names.ts'
import type { Merchants } from '../merchants/register.ts'
import type { PayoutView, SettlementState, WindowDetail, WindowView } from '#protocol/hub-api/settlement.ts'
import type { Id } from '#protocol/ids.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** What the console shows of settlement. */
export type ViewPorts = { readonly settlement: Settlement; readonly merchants: Pick<Merchants, 'find'> }

const MAX_WINDOWS = 30
const MAX_PAYOUTS = 30
const MAX_CLAIMS = 1000
const MAX_WINDOW_POSTINGS = 200

const nameOf = ({ merchants }: ViewPorts, merchant: Id): string => merchants.find(merchant)?.terms.name ?? merchant

export async function settlementState(ports: ViewPorts, who: string | undefined): Promise<SettlementState> {
  const { windows, payouts, claims } = ports.settlement
  const owed = (await claims.list(MAX_CLAIMS)).filter(({ state }) => state === 'open')
  return {
    ...(who !== undefined && { who }),
    windows: (await windows({ limit: MAX_WINDOWS })).map((window) => windowView(ports, window)),
    payouts: (await payouts.list({ limit: MAX_PAYOUTS })).map((payout) => payoutView(ports, payout)),
    claims: owed.map((claim) => ({
      id: claim.id,
      merchant: nameOf(ports, claim.merchant),
      currency: claim.currency,
      leftMinor: String(leftOf(claim)),
      openedAt: claim.openedAt,
    })),
  }
}

export async function windowDetail(ports: ViewPorts, id: string): Promise<Outcome<WindowDetail, 'api.unknown'>> {
  const window = await ports.settlement.window(id)
  if (window === undefined) return fail('api.unknown')
  const account = merchantAccount(window.merchant, window.currency)
  const postings = await ports.settlement.postings(window, 0, MAX_WINDOW_POSTINGS)
  return ok({
    window: windowView(ports, window),
    postings: postings.map(({ id: posting, payment, at, credit, amount, feeMinor, taxMinor }) => ({
      id: posting,
      at,
      kind: kindOfPosting(posting) ?? 'other',
      effectMinor: String(credit === account ? amount : -amount),
      ...(payment !== undefined && { payment }),
      ...(feeMinor !== undefined && { feeMinor }),
      ...(taxMinor !== undefined && { taxMinor }),
    })),
  })
}

function windowView(ports: ViewPorts, window: SettlementWindow): WindowView {
  const { id, merchant, currency, date, endsAt, state, postings, totals, closed } = window
  return {
    id,
    merchant: nameOf(ports, merchant),
    currency,
    date,
    endsAt,
    state,
    postings,
    totals: Object.fromEntries(totalNames.flatMap((name) => (totals[name] === 0n ? [] : [[name, String(totals[name])]]))),
    netMinor: String(netOf(totals)),
    ...(closed?.payout !== undefined && { payout: closed.payout }),
    ...(closed !== undefined && { closedBy: closed.by }),
  }
}

function payoutView(ports: ViewPorts, payout: Payout): PayoutView {
  const { payoutId, merchant, currency, amountMinor, state, account, windows, createdAt, createdBy, approvedBy } = payout
  return {
    id: payoutId,
    merchant: nameOf(ports, merchant),
    currency,
    amountMinor: String(amountMinor),
    state,
    iban: account.iban,
    holder: account.name,
    windows,
    createdAt,
    createdBy,
    ...(approvedBy !== undefined && { approvedBy }),
    digest: ports.settlement.payouts.digestOf(payout),
  }
}
