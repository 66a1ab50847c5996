import type { Currency } from '#protocol/money.ts'
import type { LinkView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatTime } from '../format.ts'
import { AlertIcon, OfflineIcon, OnlineIcon } from './icons.tsx'
import { linkText } from './link-text.ts'
import { words } from '../words.ts'
import './link-strip.css'

type Props = { readonly link: LinkView; readonly currency: Currency; readonly now: EpochMs }

/** Being offline is a fact, not an alarm: this looks the same either way until the core says that selling will soon end. */
export function LinkStrip({ link, currency, now }: Props) {
  const { title, detail } = linkText(
    link,
    (minor) => formatMoney(minor, currency),
    (at) => formatTime(at, now),
  )
  const urgent = link.urgent !== undefined
  return (
    <div className="link-strip" data-testid="link-strip" data-state={link.state} data-urgent={urgent || undefined} role="group" aria-label={words.link.title}>
      {urgent ? <AlertIcon /> : link.state === 'online' ? <OnlineIcon /> : <OfflineIcon />}
      <div className="link-strip-text">
        <p className="link-strip-title">{title}</p>
        <p className="link-strip-detail">{detail}</p>
      </div>
    </div>
  )
}
