import type { Currency } from '#protocol/money.ts'
import type { LinkView } from '#protocol/till-api/api.ts'
import type { EpochMs } from '#protocol/time.ts'
import { formatMoney, formatTime } from '../format.ts'
import { KeyCap } from './button.tsx'
import { AlertIcon, OfflineIcon, OnlineIcon } from './icons.tsx'
import { linkText } from './link-text.ts'
import { t } from '../words.ts'
import './link-strip.css'

type Props = {
  readonly link: LinkView
  readonly currency: Currency
  readonly now: EpochMs
  readonly open: boolean
  readonly enabled: boolean
  onToggle(): void
}

/** Being offline is a fact, not an alarm: this looks the same either way until the core says that selling will soon end. Opens what is behind it. */
export function LinkStrip({ link, currency, now, open, enabled, onToggle }: Props) {
  const { title, detail } = linkText(
    link,
    (minor) => formatMoney(minor, currency),
    (at) => formatTime(at, now),
  )
  const urgent = link.urgent !== undefined
  return (
    <button
      type="button"
      className="link-strip"
      data-testid="link-strip"
      data-state={link.state}
      data-urgent={urgent || undefined}
      aria-expanded={open}
      aria-keyshortcuts="F1"
      disabled={!enabled}
      onClick={onToggle}
    >
      {urgent ? <AlertIcon /> : link.state === 'online' ? <OnlineIcon /> : <OfflineIcon />}
      <span className="link-strip-text">
        <span className="hidden-text">{t('link.title')}: </span>
        <span className="link-strip-title">{title}</span>
        <span className="link-strip-detail">{detail}</span>
      </span>
      <KeyCap action="network" />
    </button>
  )
}
