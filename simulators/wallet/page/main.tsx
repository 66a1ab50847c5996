import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isCurrency } from '#protocol/money.ts'
import { httpApi } from './api.ts'
import { App } from './app.tsx'
import { makeDeviceKey, signerOf } from './device-key.ts'
import { openStorage } from './storage.ts'
import { Stuck } from './stuck.tsx'
import { Wallet } from './wallet.ts'
import type { Language } from './words.ts'
import './styles.css'

const root = createRoot(document.getElementById('root') ?? document.body)
const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count))

/** `?phone=2` is another phone on the same desk, and `#join=WALLET.WORD` an invitation from the first. */
const said = new URLSearchParams(location.search)
const asked = said.get('phone') ?? ''
/** `?currency=CNY` is a phone whose wallet is in another currency than the shop. */
const inCurrency = said.get('currency')?.toUpperCase() ?? ''
const currency = isCurrency(inCurrency) ? inCurrency : undefined
const phone = /^[1-9]$/.test(asked) && asked !== '1' ? asked : ''
const invitation = /^#join=([0-9a-f]{32})\.([0-9a-f]{32})$/.exec(location.hash)
const joining = invitation?.[1] === undefined || invitation[2] === undefined ? undefined : { wallet: invitation[1], word: invitation[2] }
const LANGUAGE = 'stillpoint-wallet-language'

/** A private window may have no storage to ask. */
function chosenLanguage(): Language {
  try {
    return (localStorage.getItem(LANGUAGE) ?? navigator.language).startsWith('zh') ? 'zh' : 'en'
  } catch {
    return navigator.language.startsWith('zh') ? 'zh' : 'en'
  }
}

async function openWallet(): Promise<Wallet> {
  const storage = await openStorage(['stillpoint-wallet', phone, currency].filter((part) => part !== '' && part !== undefined).join('-'))
  let pair = await storage.deviceKey()
  if (pair === undefined) {
    pair = await makeDeviceKey()
    await storage.keepDeviceKey(pair)
  }
  const signer = await signerOf(pair)
  const parts = {
    api: httpApi(signer),
    storage,
    signer,
    randomBytes,
    name: phone === '' ? 'Phone' : `Phone ${phone}`,
    language: chosenLanguage(),
    keepLanguage: (chosen: string) => localStorage.setItem(LANGUAGE, chosen),
    joining,
    currency,
  }
  const wallet = new Wallet(parts, Date.now())
  await wallet.start()
  return wallet
}

function stop(problem: unknown): void {
  console.error(problem)
  root.render(<Stuck secure={isSecureContext} language={chosenLanguage()} />)
}

try {
  const wallet = await openWallet()
  // The phone could not store a counter, so it shows no code any more.
  addEventListener('unhandledrejection', (event) => stop(event.reason))
  const ticker = new Worker(new URL('./ticker.ts', import.meta.url), { type: 'module' })
  ticker.onmessage = () => wallet.tick(Date.now())
  document.addEventListener('visibilitychange', () => wallet.tick(Date.now()))
  addEventListener('pagehide', () => wallet.putAway())
  root.render(
    <StrictMode>
      <App wallet={wallet} />
    </StrictMode>,
  )
} catch (problem) {
  stop(problem)
}
