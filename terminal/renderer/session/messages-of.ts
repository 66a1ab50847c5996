import type { ErrorCode, ErrorText } from '#protocol/errors.ts'
import type { Notice } from '#protocol/till-api/api.ts'
import { errorText, t } from '../words.ts'
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
      return errorText(answer.code)
    case 'scan_in_restart':
      return { tone: 'attention', say: t('scanInRestart.say'), next: t('scanInRestart.next') }
    case 'input_discarded':
      return { tone: 'attention', say: t('discarded.say'), next: t('discarded.next') }
  }
}

const severity: Readonly<Record<ErrorText['tone'], number>> = { refused: 2, attention: 1, note: 0 }

/** What the screen is asked to say: first the news (the answer to the last command, else the newest notice), then the most severe; no code twice. */
export function messagesOf({ answer, view }: Pick<Screen, 'answer' | 'view'>, session: Pick<Session, 'command' | 'dismissAnswer'>): readonly Message[] {
  const notices = (view?.notices ?? []).toSorted((a, b) => b.at - a.at)
  const bySeverity = (some: typeof notices) => some.toSorted((a, b) => severity[errorText(b.code).tone] - severity[errorText(a.code).tone])
  const { tender } = view ?? {}
  const told: ReadonlySet<ErrorCode | undefined> = new Set([
    ...notices.map(({ code }) => code),
    tender?.stage === 'awaiting_code' ? tender.refused?.code : undefined,
  ])
  const toMessage = ({ id, code, detail }: Notice): Message => ({
    key: id,
    tone: errorText(code).tone,
    say: errorText(code).say,
    next: errorText(code).next,
    ...(detail === undefined ? {} : { detail }),
    dismiss: () => void session.command({ type: 'dismissNotice', notice: id }),
  })
  // The view says most refusals too, because a serial scanner has no command to be answered.
  if (answer === undefined || (answer.kind === 'error' && told.has(answer.code)))
    return [...notices.slice(0, 1).map(toMessage), ...helpCalled(view, session), ...bySeverity(notices.slice(1)).map(toMessage)]
  return [{ key: 'answer', ...textOf(answer), dismiss: session.dismissAnswer }, ...helpCalled(view, session), ...bySeverity(notices).map(toMessage)]
}

/** Somebody was called: what has become of it. Whoever closes this takes the call back. */
function helpCalled(view: Screen['view'], session: Pick<Session, 'command'>): readonly Message[] {
  if (view?.help === undefined) return []
  const dismiss = () => void session.command({ type: 'takeBackCall' })
  return [{ key: 'help', tone: 'note', say: t(`help.states.${view.help.state}`), next: t('help.over'), dismiss }]
}
