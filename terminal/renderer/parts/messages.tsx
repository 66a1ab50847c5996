import type { Message } from '../session/messages-of.ts'
import { t } from '../words.ts'
import { Button } from './button.tsx'
import { AlertIcon, InfoIcon } from './icons.tsx'
import './messages.css'

/** More than these would leave too little room for the products; the rest come up as these are dismissed. */
const SHOWN = 2

/** What the person should know, below the products or the payment, which give them room: nothing is covered. The first one goes with its key. */
export function Messages({ messages }: { readonly messages: readonly Message[] }) {
  if (messages.length === 0) return null
  return (
    <ul className="messages" aria-label={t('notices')}>
      {messages.slice(0, SHOWN).map(({ key, tone, say, next, detail, dismiss }, index) => (
        <li key={key} className="message" data-tone={tone} data-testid="notice">
          {tone === 'note' ? <InfoIcon /> : <AlertIcon />}
          <p className="message-text">
            <strong>{say}</strong> {detail !== undefined && <code>{detail}</code>} <span>{next}</span>
          </p>
          {index === 0 && messages.length > SHOWN && <span className="messages-more">{t('moreNotices', { number: messages.length - SHOWN })}</span>}
          <Button look="quiet" {...(index === 0 ? { action: 'dismiss' as const } : {})} onClick={dismiss}>
            {t('close')}
          </Button>
        </li>
      ))}
    </ul>
  )
}
