import { textOf, type TillReceiptCheck } from './till-receipt.ts'
import { Verdict } from './verdict.tsx'
import type { Scan, Wallet, WalletState } from './wallet.ts'
import { wordsOf, type Words } from './words.ts'

type Parts = { wallet: Wallet; state: WalletState; scan: Extract<Scan, { step: 'receipt' }> }

/** A receipt off a till's display or paper. What no till of the bank has signed is not shown as if one had: its figures stay away. */
export function TillReceipt({ wallet, state, scan: { text, check } }: Parts) {
  const words = wordsOf(state.language)
  const [tone, verdict] = verdictOf(check, words, state.now)
  return (
    <>
      <h1 className="title">{words.tillReceipt}</h1>
      <Verdict tone={tone} text={verdict} />
      {(check?.is === 'genuine' || check?.is === 'revoked') && <pre className="slip slip--till">{textOf(text)}</pre>}
      {check?.is === 'genuine' && <p className="hint">{words.tillsWord}</p>}
      <button type="button" className="button button--quiet" onClick={() => wallet.dismiss()}>
        {words.back}
      </button>
    </>
  )
}

function verdictOf(check: TillReceiptCheck | undefined, words: Words, now: number): ['good' | 'waiting' | 'bad', string] {
  switch (check?.is) {
    case undefined:
      return ['waiting', words.verifying]
    case 'genuine':
      return ['good', words.tillSigned(check.till, words.time(check.heardAt, now))]
    case 'revoked':
      return ['bad', words.tillRevoked(check.till, words.date(check.revokedAt))]
    case 'unchecked':
      return ['waiting', words.tillUnchecked]
    case 'unknown':
      return ['bad', words.tillUnknown]
    case 'forged':
      return ['bad', words.tillForged]
  }
}
