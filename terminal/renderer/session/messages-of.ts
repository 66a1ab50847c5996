import { errors, type ErrorCode, type ErrorText } from '#protocol/errors.ts'
import { words } from '../words.ts'
import type { Answer, Screen, Session } from './session.ts'

export type Message = {
  readonly key: string
  readonly tone: ErrorText['tone']
  readonly say: string
  readonly next: string
  readonly detail?: string
  dismiss(): void
}

function textOf(answer: Answer): Pick<Message, 'tone' | 'say' | 'next'> {
  switch (answer.kind) {
    case 'error':
      return errors[answer.code]
    case 'scan_in_restart':
      return { tone: 'attention', ...words.scanInRestart }
    case 'input_discarded':
      return { tone: 'attention', ...words.discarded }
  }
}

/** What the screen is asked to say: the answer to the last command first, then the core's notices, newest first; no code twice. */
export function messagesOf({ answer, view }: Pick<Screen, 'answer' | 'view'>, session: Pick<Session, 'command' | 'dismissAnswer'>): readonly Message[] {
  const notices = (view?.notices ?? []).toSorted((a, b) => b.at - a.at)
  const { tender } = view ?? {}
  const told: ReadonlySet<ErrorCode | undefined> = new Set([
    ...notices.map(({ code }) => code),
    tender?.stage === 'awaiting_code' ? tender.refused?.code : undefined,
  ])
  const fromNotices = notices.map(({ id, code, detail }) => ({
    key: id,
    tone: errors[code].tone,
    say: errors[code].say,
    next: errors[code].next,
    ...(detail === undefined ? {} : { detail }),
    dismiss: () => void session.command({ type: 'dismissNotice', notice: id }),
  }))
  // The view says most refusals too, because a serial scanner has no command to be answered.
  if (answer === undefined || (answer.kind === 'error' && told.has(answer.code))) return fromNotices
  return [{ key: 'answer', ...textOf(answer), dismiss: session.dismissAnswer }, ...fromNotices]
}
