import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { APPLE, openTestTill, POLICY, testWallet } from '../../terminal/core/test-till.ts'
import { percentile, rounded } from './percentile.ts'

const WARM_UP = 200
/** Four entries of one payment, about. */
const ENTRY_BYTES = 1900
const UNLIMITED = 2 ** 50

export const acceptHelp = `accept [--payments N]   code scanned → entries fsynced → “approved” leaves the core, decided by policy (default 2000 payments).
                         The floor, interleaved: one write + fdatasync of as many bytes, and two Ed25519 verifications.`

/** How long a cashier's till takes to approve alone, on a real journal on this disk, next to what no till can avoid. Milliseconds. */
export function accept(payments: number, scratch: string): Record<string, number> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'accept-'))
  const offline = { ...POLICY.offline, perTillMinor: UNLIMITED, perInstrumentMinor: UNLIMITED }
  const t = openTestTill({ folder, policy: { ...POLICY, offline } })
  t.goOnline()
  t.till.disconnected()
  const wallets = Array.from({ length: 50 }, () => testWallet(t, { totalLimitMinor: UNLIMITED }))
  const floor = openFloor(folder)
  const times: number[] = []
  const floors: number[] = []
  for (let i = 0; i < WARM_UP + payments; i++) {
    const wallet = wallets[i % wallets.length]
    t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    const code = wallet?.show() ?? ''
    const before = t.head()
    const started = performance.now()
    t.till.scanned(code)
    const took = performance.now() - started
    if (t.view().tender.stage !== 'approved' || t.head() !== before + 4) throw new Error(`payment ${i} was not approved`)
    const floorStarted = performance.now()
    floor.once(ENTRY_BYTES)
    const floorTook = performance.now() - floorStarted
    if (i < WARM_UP) continue
    times.push(took)
    floors.push(floorTook)
  }
  t.close()
  floor.close()
  rmSync(folder, { recursive: true })
  const [p50, p99, floorP50, floorP99] = [percentile(times, 0.5), percentile(times, 0.99), percentile(floors, 0.5), percentile(floors, 0.99)]
  return {
    payments,
    p50_ms: rounded(p50),
    p99_ms: rounded(p99),
    floor_p50_ms: rounded(floorP50),
    floor_p99_ms: rounded(floorP99),
    ratio_p50: rounded(p50 / floorP50, 2),
    ratio_p99: rounded(p99 / floorP99, 2),
  }
}

/** What every acceptance costs whoever writes it: its bytes forced to this disk, and the signatures of issuer and phone checked. */
function openFloor(folder: string) {
  const file = openSync(join(folder, 'floor'), 'w')
  const signer = signerFromSeed(freshSeed())
  const message = nodeCrypto.randomBytes(250)
  const signature = signer.sign(message)
  return {
    once(bytes: number): void {
      writeSync(file, new Uint8Array(bytes))
      fdatasyncSync(file)
      for (let i = 0; i < 2; i++) if (!nodeCrypto.verify(signer.publicKey, message, signature)) throw new Error('a signature must verify')
    },
    close: () => closeSync(file),
  }
}
