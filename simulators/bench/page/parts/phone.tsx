import { useState } from 'react'
import type { BenchState, Reader } from '../../contract.ts'
import { usePerform } from '../bench.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { OutIcon, ScanIcon } from './icons.tsx'
import './phone.css'

/** The customer's phone, which can be held before a reader. Other phones may be open in tabs of their own. */
export function Phone({ phones, tillAsks, reader }: Pick<BenchState, 'phones' | 'tillAsks'> & { readonly reader: Reader }) {
  const perform = usePerform()
  const [held, setHeld] = useState(0)
  const [latest, ...others] = phones
  const hold = (wallet: string) => {
    setHeld(held + 1)
    perform({ act: 'hold_phone', wallet, before: reader })
  }
  return (
    <section className="customer" aria-labelledby="phone-title">
      <header className="device-head">
        <h2 id="phone-title">{words.phone.title}</h2>
        <a className="link" href="/wallet/" target="_blank" rel="noreferrer">
          {words.phone.alone}
          <OutIcon />
          <span className="hidden-text">{words.opensNew}</span>
        </a>
        <a className="link" href="/wallet/?currency=CNY" target="_blank" rel="noreferrer">
          {words.phone.abroad}
          <OutIcon />
          <span className="hidden-text">{words.opensNew}</span>
        </a>
      </header>
      <div className="phone-case">
        <div className="phone-screen">
          <iframe className="phone-frame" src="/wallet/" title={words.phone.screen} />
        </div>
        {held > 0 && <span key={held} className="phone-laser" />}
      </div>
      <div className="phone-foot">
        <button type="button" className="phone-hold" data-wanted={tillAsks} disabled={latest === undefined} onClick={() => latest && hold(latest.wallet)}>
          <ScanIcon />
          {latest === undefined ? words.phone.blank : words.phone.hold[reader]}
        </button>
        {others.length > 0 && (
          <div className="phone-others">
            {others.map(({ wallet }) => (
              <Button key={wallet} onClick={() => hold(wallet)}>
                {words.phone.other(wallet.slice(0, 4))}
              </Button>
            ))}
          </div>
        )}
        <p className="hidden-text" role="status">
          {tillAsks && words.phone.tillAsks}
        </p>
      </div>
    </section>
  )
}
