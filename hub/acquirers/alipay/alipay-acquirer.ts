import type { Alipay, AlipayState } from './alipay.ts'
import type { Acquirer, Answer, Asking } from '../acquirer.ts'
import { makeId } from '#protocol/ids.ts'
import { SECOND, type Clock, type DurationMs, type Timers } from '#protocol/time.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { Crypto } from '#protocol/crypto.ts'

/**
 * Alipay in the words in which the hub asks acquirers. Its payment moves the money at once, so what a card calls reserving is the payment, and capturing is
 * nothing more; to undo a payment that nobody is sure of is `cancel`, and one that is sure goes back as a refund. Refunds have numbers of their own that follow
 * from the exchange, so one that was asked before a crash is asked again and is the same.
 */
export type AskedAlipay = Pick<Alipay, 'pay' | 'query' | 'cancel' | 'refund'>
export type AlipayAcquirerOptions = { readonly subject: string; readonly storeId: string }
type Ports = { readonly clock: Clock; readonly timers: Timers; readonly crypto: Pick<Crypto, 'sha256'> }

/** How long a customer may take to confirm: shorter than the till waits, or it would undo what was just paid. */
const CONFIRM_WITHIN: DurationMs = 50 * SECOND
/** How long a payment of which nothing is known is asked about before it is cancelled. */
const ASK_FOR: DurationMs = 8 * SECOND
const ASK_EVERY: DurationMs = 2 * SECOND
/** What nobody answered may still be carried out, but not after this: until then a refusal of the same refund says nothing about what is on its way. */
const MAY_LINGER_FOR: DurationMs = 60 * SECOND

export function alipayAcquirer(alipay: AskedAlipay, { subject, storeId }: AlipayAcquirerOptions, { clock, timers, crypto }: Ports): Acquirer {
  let isClosed = false
  let wakeAll: (() => void)[] = []
  const counts = { answered: 0, silent: 0 }
  /** Nothing keeps a line open between questions: what the last one met with is what is known. */
  let isReached = true
  let since = clock.now()
  const heard = (reached: boolean): void => {
    if (reached !== isReached) since = clock.now()
    isReached = reached
  }

  const pause = (wait: DurationMs = ASK_EVERY): Promise<void> =>
    new Promise((resolve) => {
      const cancel = timers.after(wait, resolve)
      wakeAll.push(() => {
        cancel()
        resolve()
      })
    })

  async function pay({ payment, exchange: { amountMinor }, currency, secret }: Asking): Promise<Answer> {
    if (secret?.is !== 'code') return { type: 'unreadable', code: 'card.unreadable' }
    const started = clock.monotonic()
    const terminalId = 'counter'
    let state: AlipayState = await alipay.pay({ paymentId: payment, authCode: secret.code, amountMinor, currency, subject, storeId, terminalId })
    for (;;) {
      heard(state.type !== 'unknown')
      if (state.type === 'paid') return { type: 'approved', approvalCode: state.reference }
      if (state.type === 'declined') return { type: 'declined', code: state.code }
      const patience = state.type === 'pending' ? CONFIRM_WITHIN : ASK_FOR
      // One that Alipay does not know may still reach it: only a cancel is certain.
      if (isClosed || clock.monotonic() - started >= patience) return { type: 'silence' }
      await pause()
      state = await alipay.query({ paymentId: payment, amountMinor })
    }
  }

  /**
   * Until Alipay has said yes, or no for good: a refund that it may have made must not be made a second time under another number, nor be taken for refused. The
   * number follows from payment and reference alone, so a hub that was put back to a backup asks for the same refund under the same one. A no that comes while
   * an unanswered asking may still be on its way is asked again when none can be.
   */
  async function refund({ payment, exchange, repeat }: Asking, amountMinor: number): Promise<Answer> {
    const refundId = makeId(0, crypto.sha256(utf8(`${payment}/${exchange.rrn}`)))
    // Whoever asked before may have stopped in the middle of it.
    let unansweredAt = repeat > 0 ? clock.monotonic() : undefined
    for (;;) {
      const given = await alipay.refund(payment, refundId, amountMinor)
      const isRefused = !given.ok && given.code === 'hub.refused'
      heard(given.ok || isRefused)
      if (given.ok) return { type: 'approved' }
      const now = clock.monotonic()
      if (!isRefused) unansweredAt = now
      const lingers = unansweredAt === undefined ? 0 : unansweredAt + MAY_LINGER_FOR - now
      if (isRefused && lingers <= 0) return { type: 'declined', code: 'hub.refused' }
      if (isClosed) return { type: 'silence' }
      await pause(isRefused ? lingers : ASK_EVERY)
    }
  }

  async function reverse(asking: Asking): Promise<Answer> {
    const { payment, exchange } = asking
    // There is no capture at Alipay, so there is none to undo.
    if (exchange.kind === 'reverse' && exchange.of?.kind === 'capture') return { type: 'approved' }
    if (exchange.kind === 'reverse' && exchange.why === 'voided' && (await refund(asking, exchange.amountMinor)).type === 'approved')
      return { type: 'approved' }
    const isCancelled = (await alipay.cancel(payment)).ok
    heard(isCancelled)
    return isCancelled ? { type: 'approved' } : { type: 'silence' }
  }

  function asked(asking: Asking): Promise<Answer> {
    const { exchange } = asking
    switch (exchange.kind) {
      case 'authorise':
        return pay(asking)
      case 'sale':
        // Its code was good for a minute, and a till takes none alone.
        return Promise.resolve({ type: 'unreadable', code: 'card.unreadable' })
      case 'capture': {
        const lessMinor = (exchange.of?.amountMinor ?? exchange.amountMinor) - exchange.amountMinor
        return lessMinor > 0 ? refund(asking, lessMinor) : Promise.resolve({ type: 'approved' })
      }
      case 'refund':
        return refund(asking, exchange.amountMinor)
      case 'reverse':
        return reverse(asking)
    }
  }

  return {
    id: 'alipay',
    repeatable: ['capture', 'refund'],
    get state() {
      return { link: isReached ? 'ready' : 'connecting', since, ...counts, stray: 0 } as const
    },
    async ask(asking) {
      const answer = await asked(asking)
      if (answer.type === 'silence') counts.silent += 1
      else counts.answered += 1
      return answer
    },
    close() {
      isClosed = true
      for (const wake of wakeAll) wake()
      wakeAll = []
    },
  }
}
