import { useEffect, useRef, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { spokenAfter, type Spoken } from '../session/cue.ts'

/** Tells screen readers what changed: the last scan and the new total, an approval, a refusal. Holds nothing while the core is away. */
export function Announcer({ view, away }: { readonly view: View; readonly away: boolean }) {
  const before = useRef<View>(undefined)
  const [spoken, setSpoken] = useState<Spoken>()
  useEffect(() => {
    const last = before.current
    before.current = view
    setSpoken((held) => spokenAfter(held, last, view, (minor) => formatMoney(minor, view.till.currency)))
  }, [view])
  // Dropped, not merely hidden: it would be read again when the core comes back.
  if (away && spoken !== undefined) setSpoken(undefined)
  return (
    <div className="hidden-text">
      <div aria-live="polite">{spoken?.urgent === false ? spoken.text : ''}</div>
      <div aria-live="assertive">{spoken?.urgent === true ? spoken.text : ''}</div>
    </div>
  )
}
