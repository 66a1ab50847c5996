import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { httpApi } from './api.ts'
import { App } from './app.tsx'
import { makeDeviceKey, signerOf } from './device-key.ts'
import { openStorage } from './storage.ts'
import { Stuck } from './stuck.tsx'
import { Wallet } from './wallet.ts'
import './styles.css'

const root = createRoot(document.getElementById('root') ?? document.body)
const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count))

async function openWallet(): Promise<Wallet> {
  const storage = await openStorage('stillpoint-wallet')
  let pair = await storage.deviceKey()
  if (pair === undefined) {
    pair = await makeDeviceKey()
    await storage.keepDeviceKey(pair)
  }
  const wallet = new Wallet({ api: httpApi, storage, signer: await signerOf(pair), randomBytes }, Date.now())
  await wallet.start()
  return wallet
}

function stop(problem: unknown): void {
  console.error(problem)
  root.render(<Stuck secure={isSecureContext} />)
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
