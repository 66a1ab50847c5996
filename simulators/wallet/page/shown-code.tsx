import { CODE_LIFETIME } from '#protocol/payment-code/code.ts'
import { SECOND, type EpochMs } from '#protocol/time.ts'
import type { ShownCode } from '../phone.ts'
import { QrCode } from './qr-code.tsx'
import type { Words } from './words.ts'

/** A code and how long it is good for. */
export function ShownCodeCard({ code, now, label, words }: { code: ShownCode; now: EpochMs; label: string; words: Words }) {
  const left = Math.max(0, Math.ceil((code.shownUntil - now) / SECOND))
  return (
    <figure className="code-card">
      <QrCode text={code.text} label={label} />
      <figcaption className="countdown">
        <progress max={CODE_LIFETIME / SECOND} value={left} aria-label={words.timeLeft} />
        <span>{words.newCodeIn(left)}</span>
      </figcaption>
    </figure>
  )
}
