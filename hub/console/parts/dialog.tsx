import { useState, type FormEvent, type ReactNode } from 'react'
import type { Answer } from '../hub.ts'
import { Button } from './button.tsx'
import { Drawer } from './drawer.tsx'
import { Refusal } from './refusal.tsx'
import './dialog.css'

/** The frame of every question and form in the middle of the page: its title, and below it what is in it (`dialog-form`) and what can be done (`dialog-foot`). */
export const Dialog = ({ title, onClose, children }: { readonly title: string; onClose(): void; readonly children: ReactNode }) => (
  <Drawer title={title} place="middle" onClose={onClose}>
    <header className="drawer-head">
      <h2>{title}</h2>
    </header>
    {children}
  </Drawer>
)

type FormProps<T> = {
  /** `failed` and `next`: see `Refusal`. */
  readonly words: { readonly yes: string; readonly asking: string; readonly cancel: string; readonly failed: string; readonly next?: string }
  /** Whether what was filled in can be sent. */
  readonly isReady: boolean
  readonly children: ReactNode
  send(): Promise<Answer<T>>
  onDone(value: T): void
  onClose(): void
}

/** What is asked in a dialog. It is sent once at a time, and stays open only to say why it did not take. */
export function DialogForm<T>({ words: { yes, asking, cancel, failed, next }, isReady, children, send, onDone, onClose }: FormProps<T>) {
  const [isAsking, setIsAsking] = useState(false)
  const [answer, setAnswer] = useState<Answer<T>>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setIsAsking(true)
    const answered = await send()
    setIsAsking(false)
    if (answered.ok) onDone(answered.value)
    else setAnswer(answered)
  }
  return (
    <form className="dialog-form" onSubmit={(event) => void submit(event)}>
      {children}
      <Refusal answer={answer} otherwise={failed} {...(next === undefined ? {} : { next })} />
      <div className="dialog-foot">
        <Button onClick={onClose}>{cancel}</Button>
        <Button type="submit" look="primary" disabled={isAsking || !isReady}>
          {isAsking ? asking : yes}
        </Button>
      </div>
    </form>
  )
}
