import { errors, type ErrorCode } from '#protocol/errors.ts'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { AttentionMark } from '../parts/icons.tsx'
import { words } from '../words.ts'
import './full-page.css'

/** Nothing can be sold until somebody acts: what is wrong, what to do, and that the money here is accounted for. */
export function Blocked({ view, code }: { readonly view: View; readonly code: ErrorCode }) {
  const { waiting } = view.link
  return (
    <main className="full-page" data-tone="attention" data-testid="blocked" role="alert">
      <AttentionMark />
      <h1>{errors[code].say}</h1>
      <p className="full-page-next">{errors[code].next}</p>
      <p className="full-page-note">
        {waiting.payments > 0 ? `${words.link.safe(waiting.payments)} · ${formatMoney(waiting.amountMinor, view.till.currency)}` : words.blocked.nothingHere}
      </p>
      <p className="full-page-till">
        {view.till.merchant} · {view.till.name}
      </p>
    </main>
  )
}
