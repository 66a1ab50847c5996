import type { Currency } from '#protocol/money.ts'
import type { ExportView, LinkView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatAge, formatMoney, formatTime } from '../format.ts'
import { errorText, t } from '../words.ts'
import type { Fact } from './facts.tsx'

type What = { readonly link: LinkView; readonly exported: ExportView | undefined; readonly currency: Currency; readonly now: EpochMs }

/** Link, what is on this till alone and for how long, what may be accepted without the hub, and the last export. */
export function custodyFacts({ link, exported, currency, now }: What): readonly Fact[] {
  const { waiting, allowance } = link
  const money = (minor: number) => formatMoney(minor, currency)
  const { oldestAt } = waiting
  const mayAccept = allowance.why === undefined && allowance.perPaymentMinor > 0 && allowance.until > now
  const { why, next, kinds = [] } = allowance
  const reason = why === undefined ? undefined : errorText(why)
  return [
    { name: t('network.title'), value: t(`link.${link.state}`), detail: t('link.since', { time: formatTime(link.since, now) }) },
    {
      name: t('network.here'),
      value:
        waiting.payments > 0
          ? t('network.payments', { count: waiting.payments, sum: money(waiting.amountMinor) })
          : waiting.entries > 0
            ? t('network.entries', { count: waiting.entries })
            : t('network.nothing'),
      detail: waiting.payments > 0 ? t('network.entries', { count: waiting.entries }) : undefined,
    },
    ...(oldestAt === undefined
      ? []
      : [{ name: t('network.oldest'), value: t('network.oldestFor', { age: formatAge(Math.max(0, now - oldestAt)), time: formatTime(oldestAt, now) }) }]),
    mayAccept
      ? {
          name: t('network.allowance'),
          value: t('network.allowed', { each: money(allowance.perPaymentMinor), left: money(allowance.tillLeftMinor) }),
          detail: [
            ...kinds
              .filter(({ perPaymentMinor }) => perPaymentMinor > 0)
              .map(({ kind, perPaymentMinor }) => t(`network.kinds.${kind}`, { each: money(perPaymentMinor) })),
            ...(next === undefined || next.capsPpm === 0 ? [] : [t('network.step', { time: formatTime(next.at, now), percent: next.capsPpm / 10_000 })]),
            t('network.until', { time: formatTime(allowance.until, now) }),
          ].join(' · '),
        }
      : { name: t('network.allowance'), value: t('network.notAllowed'), detail: reason && `${reason.say} ${reason.next}` },
    exported === undefined
      ? { name: t('network.exported'), value: t('network.noExport') }
      : {
          name: t('network.exported'),
          value: formatTime(exported.at, now),
          detail: [exported.file, ...(waiting.entries === 0 ? [] : [exported.covers ? t('network.covers') : t('network.coversNot')])].join(' · '),
        },
  ]
}
