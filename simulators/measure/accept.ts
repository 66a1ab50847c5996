import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { APPLE, openTestTill, POLICY, testWallet, type TestTill } from '../../terminal/core/test-till.ts'
import { percentile, rounded } from './percentile.ts'
import { fillJournal } from './queued-journal.ts'

const WARM_UP = 200
/** Four entries of one payment, about. */
const ENTRY_BYTES = 1900
const UNLIMITED = 2 ** 50
const QUEUED = 100_000
/** In so many payments, a small batch for every third of them, the queue does not run dry. */
const DRAINED = 1000

export const acceptHelp = `accept [--payments N]   code scanned → entries fsynced → “approved” leaves the core, decided by policy (default 2000 payments), on a
                         short journal, with ${QUEUED} unsynced entries, and while those drain: then every third scan comes just behind an
                         acknowledgement, and waits while that is taken and the next batch is made.
                         The floor, interleaved: one write + fdatasync of as many bytes, and two Ed25519 verifications.`

/** How long a cashier's till takes to approve alone, on a real journal on this disk, next to what no till can avoid. Milliseconds. */
export function accept(payments: number, scratch: string): Record<string, number> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'accept-'))
  const offline = { ...POLICY.offline, perTillMinor: UNLIMITED, perInstrumentMinor: UNLIMITED }
  const open = (place: string) => openTestTill({ folder: place, policy: { ...POLICY, offline } })
  try {
    const t = open(join(folder, mkdir(folder, 'short')))
    t.goOnline()
    t.till.disconnected()
    const short = measure(t, payments, folder, () => undefined)
    t.close()

    const full = join(folder, mkdir(folder, 'queued'))
    fillJournal(full, open, 0, QUEUED)
    const q = open(full)
    const queued = measure(q, payments, folder, () => undefined)
    const entries = q.head()
    q.till.connected()
    const draining = measure(q, Math.min(payments, DRAINED), folder, (i) => {
      if (i % 3 !== 0) return undefined
      const { from, entries: sent } = q.lastBatch()
      const ack = q.ack(from + sent.length - 1)
      return () => q.till.received('ack', ack)
    })
    const left = q.view().link.waiting.entries
    q.close()
    return {
      payments,
      queued_entries: entries,
      still_queued_entries: left,
      ...short,
      ...prefixed('queued', queued),
      ...prefixed('draining', draining),
      ratio_p99: Math.max(short['ratio_p99'] ?? 0, queued['ratio_p99'] ?? 0, draining['ratio_p99'] ?? 0),
      short_ratio_p99: short['ratio_p99'] ?? 0,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const prefixed = (by: string, metrics: Record<string, number>) => Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${by}_${name}`, value]))

function mkdir(parent: string, name: string): string {
  mkdirSync(join(parent, name))
  return name
}

/** `before` prepares, outside the clock, what has to be done within it before the scan can be. */
function measure(t: TestTill, payments: number, folder: string, before: (payment: number) => (() => void) | undefined): Record<string, number> {
  const wallets = Array.from({ length: 50 }, () => testWallet(t, { totalLimitMinor: UNLIMITED }))
  const floor = openFloor(folder)
  const times: number[] = []
  const floors: number[] = []
  for (let i = 0; i < WARM_UP + payments; i++) {
    const wallet = wallets[i % wallets.length]
    t.till.scanned(APPLE)
    t.till.command({ type: 'takePayment' })
    const code = wallet?.show() ?? ''
    const head = t.head()
    const ahead = i < WARM_UP ? undefined : before(i)
    const started = performance.now()
    ahead?.()
    t.till.scanned(code)
    const took = performance.now() - started
    if (t.view().tender.stage !== 'approved' || t.head() < head + 4) throw new Error(`payment ${i} was not approved`)
    const floorStarted = performance.now()
    floor.once(ENTRY_BYTES)
    const floorTook = performance.now() - floorStarted
    if (i < WARM_UP) continue
    times.push(took)
    floors.push(floorTook)
  }
  floor.close()
  const [p50, p99, floorP50, floorP99] = [percentile(times, 0.5), percentile(times, 0.99), percentile(floors, 0.5), percentile(floors, 0.99)]
  return {
    p50_ms: rounded(p50),
    p99_ms: rounded(p99),
    floor_p50_ms: rounded(floorP50),
    floor_p99_ms: rounded(floorP99),
    ratio_p50: rounded(p50 / floorP50, 2),
    ratio_p99: rounded(p99 / floorP99, 2),
  }
}

/** What every acceptance costs whoever writes it: its bytes forced to this disk, and the signatures of issuer and phone checked. */
export function openFloor(folder: string) {
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
