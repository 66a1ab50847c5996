import { useEffect, useState } from 'react'
import type { WebhookView } from '#protocol/hub-api/programs.ts'
import { SECOND, type EpochMs } from '#protocol/time.ts'
import { enableWebhook, fetchWebhooks, type Answer } from '../../hub.ts'
import { programWords as words } from '../../program-words.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'

const ASK_EVERY = 3 * SECOND

/** Where programs are told of what happens, and what to do about those that nobody answered at for days. */
export function Webhooks({ now }: { readonly now: EpochMs }) {
  const [webhooks, setWebhooks] = useState<readonly WebhookView[]>()
  const [answer, setAnswer] = useState<Answer<readonly WebhookView[]>>()
  const beat = Math.floor(now / ASK_EVERY)
  useEffect(() => {
    void fetchWebhooks().then((fetched) => (fetched.ok ? setWebhooks(fetched.value) : undefined))
  }, [beat])
  const enable = async ({ id, merchant }: WebhookView, replay: boolean) => {
    const enabled = await enableWebhook(id, { merchant, replay })
    setAnswer(enabled)
    if (enabled.ok) setWebhooks(enabled.value)
  }
  if (webhooks === undefined) return null
  return (
    <Section id="webhooks" title={words.webhooks} {...(webhooks.some(({ disabledAt }) => disabledAt !== undefined) ? { tone: 'attention' as const } : {})}>
      {webhooks.length === 0 && <p className="section-empty">{words.noWebhooks}</p>}
      <Refusal answer={answer} otherwise={words.failed} />
      <ul>
        {webhooks.map((webhook) => {
          const { id, merchant, url, types, failingSince, disabledAt, missed } = webhook
          const state = disabledAt !== undefined ? 'off' : failingSince !== undefined ? 'failing' : 'well'
          return (
            <li key={id} className="work-item" aria-label={url}>
              <p className="work-head">
                <strong className="program-id">{url}</strong>
                <Chip tone={state === 'well' ? 'done' : state === 'off' ? 'refused' : 'attention'}>{words.states[state]}</Chip>
              </p>
              <p className="muted">
                {merchant.startsWith('sandbox-') && `${words.isSandbox} · `}
                {types.length === 0 ? words.all : types.join(', ')}
                {failingSince !== undefined && (
                  <>
                    {' · '}
                    {words.states.failing} <Time at={failingSince} now={now} />
                  </>
                )}
              </p>
              {disabledAt !== undefined && (
                <>
                  <p>{words.missed(missed)}</p>
                  <div className="work-tools">
                    {missed > 0 && (
                      <Button needs="operate" look="primary" onClick={() => void enable(webhook, true)}>
                        {words.replay}
                      </Button>
                    )}
                    <Button needs="operate" onClick={() => void enable(webhook, false)}>
                      {words.enable}
                    </Button>
                  </div>
                </>
              )}
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
