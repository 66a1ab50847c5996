import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { APPLE, openTestTill, POLICY, testWallet } from '../../terminal/core/test-till.ts'
import { order, tell } from './drain-orders.ts'

/** A process of the drain bench: a cashier’s till that accepts one payment after the other, next to its floor, while other tills drain. */

const UNLIMITED = 2 ** 50
/** Four entries of one payment, about. */
const ENTRY_BYTES = 1900

function openCounter(folder: string) {
  mkdirSync(folder, { recursive: true })
  const offline = { ...POLICY.offline, perTillMinor: UNLIMITED, perInstrumentMinor: UNLIMITED }
  const t = openTestTill({ folder, policy: { ...POLICY, offline } })
  t.goOnline()
  t.till.disconnected()
  const wallets = Array.from({ length: 50 }, () => testWallet(t, { totalLimitMinor: UNLIMITED }))
  const file = openSync(join(folder, 'floor'), 'w')
  const signer = signerFromSeed(freshSeed())
  const message = nodeCrypto.randomBytes(250)
  const signature = signer.sign(message)
  let turn = 0
  return {
    /** Milliseconds from the scan to “approved”. */
    accept(): number {
      const wallet = wallets[turn++ % wallets.length]
      t.till.scanned(APPLE)
      t.till.command({ type: 'takePayment' })
      const code = wallet?.show() ?? ''
      const started = performance.now()
      t.till.scanned(code)
      const took = performance.now() - started
      if (t.view().tender.stage !== 'approved') throw new Error(`payment ${turn} was not approved`)
      return took
    },
    /** What no till can avoid: its bytes forced to this disk, and the signatures of issuer and phone checked. */
    floor(): number {
      const started = performance.now()
      writeSync(file, new Uint8Array(ENTRY_BYTES))
      fdatasyncSync(file)
      for (let i = 0; i < 2; i++) if (!nodeCrypto.verify(signer.publicKey, message, signature)) throw new Error('a signature must verify')
      return performance.now() - started
    },
    close() {
      t.close()
      closeSync(file)
    },
  }
}

const WARM_UP = 50
let stopping = false
process.on('message', (message: unknown) => {
  const wanted = order.parse(message)
  if (wanted.do === 'stop') stopping = true
  if (wanted.do !== 'accept') return
  const counter = openCounter(wanted.folder)
  for (let i = 0; i < WARM_UP; i++) counter.accept()
  tell({ did: 'open' })
  const [times, floors]: [number[], number[]] = [[], []]
  const timer = setInterval(() => {
    times.push(counter.accept())
    floors.push(counter.floor())
    if (!stopping) return
    clearInterval(timer)
    counter.close()
    tell({ did: 'accept', times, floors })
  }, wanted.everyMs)
})
process.once('disconnect', () => process.exit())
