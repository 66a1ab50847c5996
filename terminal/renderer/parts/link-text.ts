import type { Minor } from '#protocol/money.ts'
import type { LinkView } from '#protocol/till-api/api.ts'
import { errorText, t } from '../words.ts'

export type LinkText = { readonly title: string; readonly detail: string }

/** The two lines of the link strip. `money` formats minor units, `time` a moment. */
export function linkText(link: LinkView, money: (minor: Minor) => string, time: (at: number) => string): LinkText {
  const { waiting, allowance } = link
  const aloneMinor = (waiting.onlyHere ?? waiting).amountMinor
  const parts = (...texts: (string | false)[]) => texts.filter((text) => text !== false).join(' · ')
  const urgent = link.urgent === undefined ? undefined : `${errorText(link.urgent).say} ${errorText(link.urgent).next}`

  if (link.state === 'online') {
    const detail = waiting.payments > 0 ? t('link.onTheWay', { count: waiting.payments, sum: money(waiting.amountMinor) }) : t('link.decidedByHub')
    return { title: t('link.online'), detail: urgent ?? detail }
  }
  return {
    title: parts(t(`link.${link.state}`), waiting.payments > 0 && t('link.safe', { count: waiting.payments }), t('link.since', { time: time(link.since) })),
    detail:
      urgent ??
      parts(
        waiting.payments > 0 && (aloneMinor > 0 ? t('link.alone', { sum: money(aloneMinor) }) : t('link.copied')),
        t('link.limits', { each: money(allowance.perPaymentMinor), left: money(allowance.tillLeftMinor) }),
      ),
  }
}
