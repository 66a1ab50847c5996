import { useState } from 'react'
import type { WalletPhone } from './api.ts'
import { CrossIcon } from './icons.tsx'
import { QrCode } from './qr-code.tsx'
import type { Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

/** The phones of this wallet: whichever its owner still has can report another as lost, and invite one more. */
export function PhonesScreen({ wallet, state }: { wallet: Wallet; state: WalletState }) {
  const words = wordsOf(state.language)
  const { account, online, lostFailed, invitation, denied } = state
  if (account === undefined) return null
  const link =
    denied || invitation === undefined
      ? undefined
      : `${location.origin}${location.pathname}?phone=${account.phones.length + 1}#join=${account.wallet}.${invitation.word}`
  return (
    <>
      <h1 className="title">{words.phones}</h1>
      <p className="hint">{words.phonesHint}</p>
      <ul className="payments">
        {account.phones.map((phone) => (
          <PhoneRow
            key={phone.publicKey}
            wallet={wallet}
            words={words}
            phone={phone}
            isLost={phone.lostAt !== undefined || (denied && phone.publicKey === wallet.phoneKey)}
            online={online}
          />
        ))}
      </ul>
      {lostFailed && (
        <p className="trouble" role="alert">
          <CrossIcon />
          {words.lostFailed}
        </p>
      )}
      {!denied && (
        <button type="button" className="button button--quiet" disabled={!online} onClick={() => void wallet.invite()}>
          {words.addPhone}
        </button>
      )}
      {link !== undefined && (
        <figure className="code-card">
          <QrCode text={link} label={words.invitationLink} />
        </figure>
      )}
      {link !== undefined && (
        <p className="invitation" role="status">
          {words.invitation(words.clock(invitation?.until ?? 0))}{' '}
          <a href={link} target="_blank" rel="noreferrer">
            {words.invitationLink}
          </a>
        </p>
      )}
      <button type="button" className="link" lang={words.otherHtmlLanguage} onClick={() => wallet.speak(state.language === 'en' ? 'zh' : 'en')}>
        {words.otherLanguage}
      </button>
    </>
  )
}

type RowParts = { wallet: Wallet; words: Words; phone: WalletPhone; isLost: boolean; online: boolean }

/** Reporting takes two presses: it cannot be taken back here. */
function PhoneRow({ wallet, words, phone: { publicKey, name }, isLost, online }: RowParts) {
  const [asking, setAsking] = useState(false)
  return (
    <li className="phone-row">
      <div>
        <strong>{name}</strong>
        {publicKey === wallet.phoneKey && <span>{words.thisPhone}</span>}
        {isLost && <span className="phone-row__lost">{words.reportedLost}</span>}
      </div>
      {!isLost && !asking && (
        <button type="button" className="button button--quiet" aria-label={words.reportWhich(name)} disabled={!online} onClick={() => setAsking(true)}>
          {words.reportLost}
        </button>
      )}
      {!isLost && asking && (
        <div className="choices" role="group" aria-label={words.reportWhich(name)}>
          <p>{words.reallyLost(name)}</p>
          <button
            type="button"
            className="button button--main"
            onClick={() => {
              setAsking(false)
              void wallet.reportLost(publicKey)
            }}
          >
            {words.yesLost}
          </button>
          <button type="button" className="button button--quiet" onClick={() => setAsking(false)}>
            {words.notNow}
          </button>
        </div>
      )}
    </li>
  )
}
