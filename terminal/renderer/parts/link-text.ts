import { errors } from '#protocol/errors.ts'
import type { Minor } from '#protocol/money.ts'
import type { LinkView } from '#protocol/till-api/api.ts'
import { words } from '../words.ts'

export type LinkText = { readonly title: string; readonly detail: string }

/** The two lines of the link strip. `money` formats minor units, `time` a moment. */
export function linkText(link: LinkView, money: (minor: Minor) => string, time: (at: number) => string): LinkText {
  const { waiting, allowance } = link
  const parts = (...texts: (string | false)[]) => texts.filter((text) => text !== false).join(' · ')
  const urgent = link.urgent === undefined ? undefined : `${errors[link.urgent].say} ${errors[link.urgent].next}`

  if (link.state === 'online') {
    const detail = waiting.payments > 0 ? words.link.onTheWay(waiting.payments, money(waiting.amountMinor)) : words.link.decidedByHub
    return { title: words.link.online, detail: urgent ?? detail }
  }
  return {
    title: parts(words.link[link.state], waiting.payments > 0 && words.link.safe(waiting.payments), words.link.since(time(link.since))),
    detail:
      urgent ??
      parts(
        waiting.payments > 0 && words.link.alone(money(waiting.amountMinor)),
        words.link.limits(money(allowance.perPaymentMinor), money(allowance.tillLeftMinor)),
      ),
  }
}
