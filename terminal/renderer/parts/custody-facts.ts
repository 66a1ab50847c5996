import type { Currency } from '#protocol/money.ts'
import type { ExportView, LinkView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatAge, formatMoney, formatTime } from '../format.ts'
import { words } from '../words.ts'
import type { Fact } from './facts.tsx'

type What = { readonly link: LinkView; readonly exported: ExportView | undefined; readonly currency: Currency; readonly now: EpochMs }

/** Link, what is on this till alone and for how long, what may be accepted without the hub, and the last export. */
export function custodyFacts({ link, exported, currency, now }: What): readonly Fact[] {
  const { waiting, allowance } = link
  const money = (minor: number) => formatMoney(minor, currency)
  const { oldestAt } = waiting
  const mayAccept = allowance.perPaymentMinor > 0 && allowance.until > now
  return [
    { name: words.network.title, value: words.link[link.state], detail: words.link.since(formatTime(link.since, now)) },
    {
      name: words.network.here,
      value:
        waiting.payments > 0
          ? words.network.payments(waiting.payments, money(waiting.amountMinor))
          : waiting.entries > 0
            ? words.network.entries(waiting.entries)
            : words.network.nothing,
      detail: waiting.payments > 0 ? words.network.entries(waiting.entries) : undefined,
    },
    ...(oldestAt === undefined
      ? []
      : [{ name: words.network.oldest, value: words.network.oldestFor(formatAge(Math.max(0, now - oldestAt)), formatTime(oldestAt, now)) }]),
    mayAccept
      ? {
          name: words.network.allowance,
          value: words.network.allowed(money(allowance.perPaymentMinor), money(allowance.tillLeftMinor)),
          detail: words.network.until(formatTime(allowance.until, now)),
        }
      : { name: words.network.allowance, value: words.network.notAllowed },
    exported === undefined
      ? { name: words.network.exported, value: words.network.noExport }
      : {
          name: words.network.exported,
          value: formatTime(exported.at, now),
          detail: [exported.file, ...(waiting.entries === 0 ? [] : [exported.covers ? words.network.covers : words.network.coversNot])].join(' · '),
        },
  ]
}
