import { useEffect, useRef, useState } from 'react'
import type { View } from '#protocol/till-api/api.ts'
import { formatMoney } from '../format.ts'
import { spokenBetween, type Spoken } from '../session/cue.ts'

/** Tells screen readers what changed: the last scan and the new total, an approval, a refusal. */
export function Announcer({ view }: { readonly view: View }) {
  const before = useRef<View>(undefined)
  const [spoken, setSpoken] = useState<Spoken>()
  useEffect(() => {
    const next = spokenBetween(before.current, view, (minor) => formatMoney(minor, view.till.currency))
    before.current = view
    if (next !== undefined) setSpoken(next)
  }, [view])
  return (
    <div className="hidden-text">
      <div aria-live="polite">{spoken?.urgent === false ? spoken.text : ''}</div>
      <div aria-live="assertive">{spoken?.urgent === true ? spoken.text : ''}</div>
    </div>
  )
}
