import type { Answer } from '../hub.ts'
import './refusal.css'

type Props = {
  readonly answer: Answer<unknown> | undefined
  /** What is said where the hub did not say why: it could not be asked. */
  readonly otherwise: string
  /** What to do about a plain no, where this place knows better than the table of errors. */
  readonly next?: string
}

/** Why the hub did not do what it was asked to do, in its own words. Nothing where it did, or was not asked. */
export function Refusal({ answer, otherwise, next }: Props) {
  if (answer === undefined || answer.ok) return undefined
  const { told } = answer
  return (
    <p className="refusal" role="alert">
      {told === undefined ? otherwise : `${told.say} ${told.tone === 'refused' && next !== undefined ? next : told.next}`}
    </p>
  )
}
