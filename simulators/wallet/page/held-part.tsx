import { useState } from 'react'
import type { StatedEscrow } from '#protocol/wallet-api/answers.ts'
import type { Currency } from '#protocol/money.ts'
import type { Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

/** Money of a payment that the bank holds until its owner has what it was for: he confirms, or says that something is wrong. */
export function HeldPart({ wallet, state, paymentId }: { wallet: Wallet; state: WalletState; paymentId: string }) {
  const words = wordsOf(state.language)
  const { account, unheard, online } = state
  const payment = account?.payments.find((candidate) => candidate.paymentId === paymentId)
  const escrow = payment?.escrow
  if (account === undefined || escrow === undefined) return null
  const currency = payment?.currency ?? account.currency
  const isOpen = escrow.refundedMinor === undefined
  return (
    <section className="held" aria-label={words.held.title}>
      <h2>{words.held.title}</h2>
      <strong className="held__sum">{words.money(escrow.amountMinor, currency)}</strong>
      <p>{escrow.about}</p>
      <p className="hint">{standing(escrow, currency, words)}</p>
      <ul className="held__said">
        {escrow.said.map(({ side, words: said, at }) => (
          <li key={`${at} ${said}`}>
            <strong>{side === 'buyer' ? words.held.you : words.held.shop}</strong> {said}
          </li>
        ))}
      </ul>
      {unheard !== undefined && (
        <p className="trouble" role="alert">
          {words.explain(unheard)}
        </p>
      )}
      {isOpen && <Acts wallet={wallet} words={words} escrow={escrow} paymentId={paymentId} currency={currency} online={online} />}
    </section>
  )
}

function standing({ state, deadline, atDeadline, forfeitMinor, evidenceUntil, refundedMinor }: StatedEscrow, currency: Currency, words: Words): string {
  if (refundedMinor !== undefined) return refundedMinor > 0 ? words.held.refunded(words.money(refundedMinor, currency)) : words.held.released
  if (state !== 'held') return words.held.disputed(words.date(evidenceUntil ?? deadline))
  if (atDeadline === 'release') return words.held.releaseAt(words.date(deadline))
  return words.held.refundAt(words.date(deadline), forfeitMinor === undefined ? undefined : words.money(forfeitMinor, currency))
}

type ActsParts = { wallet: Wallet; words: Words; escrow: StatedEscrow; paymentId: string; currency: Currency; online: boolean }

function Acts({ wallet, words, escrow, paymentId: payment, currency, online }: ActsParts) {
  const [asking, setAsking] = useState<'nothing' | 'received' | 'wrong'>('nothing')
  const [text, setText] = useState('')
  const isDisputed = escrow.state !== 'held'
  const isHeard = escrow.state === 'held' || escrow.state === 'disputed'
  const tell = async () => {
    if (!(await wallet.say({ type: isDisputed ? 'evidence' : 'dispute', payment, words: text.trim() }))) return
    setText('')
    setAsking('nothing')
  }
  if (asking === 'received')
    return (
      <div className="held__acts">
        <p>{words.held.reallyReceived(words.money(escrow.amountMinor, currency))}</p>
        <button type="button" className="button button--main" disabled={!online} onClick={() => void wallet.say({ type: 'received', payment })}>
          {words.held.yesReceived}
        </button>
        <button type="button" className="button button--quiet" onClick={() => setAsking('nothing')}>
          {words.notNow}
        </button>
      </div>
    )
  return (
    <div className="held__acts">
      {asking === 'wrong' ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void tell()
          }}
        >
          <label htmlFor="happened">{words.held.whatHappened}</label>
          <textarea id="happened" rows={3} maxLength={500} value={text} onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="button button--main" disabled={!online || text.trim() === ''}>
            {words.held.tell}
          </button>
        </form>
      ) : (
        <button type="button" className="button button--main" onClick={() => setAsking('received')}>
          {words.held.received}
        </button>
      )}
      {isHeard && (
        <button type="button" className="button button--quiet" onClick={() => setAsking(asking === 'wrong' ? 'nothing' : 'wrong')}>
          {asking === 'wrong' ? words.notNow : isDisputed ? words.held.whatHappened : words.held.wrong}
        </button>
      )}
    </div>
  )
}
