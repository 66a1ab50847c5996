import { useState } from 'react'
import type { BankNote } from '#protocol/hub-api/bank.ts'
import type { ActAtBank } from '../../bank-acts.ts'
import { bankWords as words } from '../../bank-words.ts'
import { Field, ReasonForm } from '../../parts/work-list.tsx'

/** The hub keeps no longer reason. */
export const MAX_WORDS = 200

/** What was said of a line or an incident, and who goes on with it. */
export const Notes = ({ notes, assignedTo }: { readonly notes: readonly BankNote[]; readonly assignedTo: string | undefined }) => (
  <>
    {assignedTo !== undefined && <p>{words.assigned(assignedTo)}</p>}
    {notes.map((note) => (
      <p key={note.at} className="muted">
        {note.by}: {note.text}
      </p>
    ))}
  </>
)

type Props = { readonly id: string; readonly assignedTo: string | undefined; readonly act: ActAtBank; onClose(): void }

/** A word for whoever goes on with it, and who that is. */
export function NoteForm({ id, assignedTo = '', act, onClose }: Props) {
  const [to, setTo] = useState(assignedTo)
  const asked = { reason: words.noteText, yes: words.save, cancel: words.cancel }
  const note = (text: string) => act('note', { line: id, text, ...(to.trim() !== '' && { assignedTo: to.trim() }) })
  return (
    <ReasonForm words={asked} longest={MAX_WORDS} say={note} onClose={onClose}>
      <Field label={words.assignTo} value={to} maxLength={80} onChange={setTo} />
    </ReasonForm>
  )
}
