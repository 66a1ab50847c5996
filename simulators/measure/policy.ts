import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createDenyDesk } from '../../hub/policy/deny-desk.ts'
import { Denied } from '../../terminal/core/denied.ts'
import { askedOf, type ByWallet } from '../../terminal/core/instruments/payer.ts'
import { Payments, type PaymentRecord } from '../../terminal/core/payments.ts'
import { POLICY } from '../../terminal/core/test-till.ts'
import { hex, unbase64url } from '#protocol/bytes.ts'
import { encodeSigned, openSigned, type Policy } from '#protocol/hub/messages.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { decideOffline } from '#protocol/policy/decide.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import { MINUTE } from '#protocol/time.ts'
import { Disk } from '../world/disk.ts'
import { percentile, rounded } from './percentile.ts'

const DENIED = 1_000_000
const INSTRUMENTS = 100_000
const DECISIONS = 20_000
const CHANGED = 1000
const STRANGERS = 2_000_000

export const policyHelp = `policy                   the offline decision of a till with 1,000,000 denied names and 100,000 instruments that it has seen and the hub has not settled:
                         exposures, three fingerprints, their look-up, caps. Without signatures. Its floor is the three SHA-256 alone.`

/** Sixteen bytes as wallets have them. */
const nameOf = (number: number): DeniedName => ({ kind: 'wallet', id: hex(nodeCrypto.sha256(new Uint8Array(new Uint32Array([number]).buffer))).slice(0, 32) })

export async function policy(): Promise<Record<string, number>> {
  const signer = signerFromSeed(new Uint8Array(32).fill(9))
  const desk = createDenyDesk({ crypto: nodeCrypto, clock: { now: () => POLICY.issuedAt }, signer: () => signer })
  desk.deny(
    Array.from({ length: DENIED }, (_, at) => nameOf(at)),
    'measured',
  )
  const { denied, disk, wholeBytes, takesMs } = tillWith(desk, signer.publicKey)
  desk.deny(
    Array.from({ length: CHANGED }, (_, at) => nameOf(DENIED + at)),
    'measured',
  )
  const delta = opened(desk.messageFor(denied.version), signer.publicKey)
  denied.take(delta)
  const deltaBytes = delta.content.type === 'delta' ? (unbase64url(delta.content.added)?.length ?? 0) : Number.NaN
  desk.deny([nameOf(-1)], 'measured')
  const one = opened(desk.messageFor(denied.version), signer.publicKey)
  const deltaTakesMs = timed(() => denied.take(one))
  let again = denied
  const before = process.memoryUsage()
  const loadMs = timed(() => (again = new Denied(nodeCrypto, disk)))
  const falsePositives = Array.from({ length: STRANGERS }, (_, at) => at).filter((at) => again.standing?.has(fingerprint(2 * DENIED + at)) === true).length
  const signed: Policy = { ...POLICY, storeSlice: { storeMinor: 100_000, sliceMinor: 50_000 }, denyList: { ...desk.reference, maxAgeMs: MINUTE } }
  const collections = watchCollections()
  const decided = decisions(again, signed)
  const pauses = await collections()
  const undisturbed = decided.times.filter(
    (us, at) => !pauses.some(({ from, to }) => from < (decided.begun[at] ?? 0) + us / 1000 && to > (decided.begun[at] ?? 0)),
  )
  const { arrayBuffers } = process.memoryUsage()
  return {
    decision_us: rounded(percentile(decided.times, 0.5), 2),
    decision_p99_us: rounded(percentile(decided.times, 0.99), 2),
    decision_worst_us: rounded(Math.max(...decided.times), 1),
    decision_worst_outside_gc_us: rounded(Math.max(...undisturbed), 1),
    gc_worst_ms: rounded(Math.max(0, ...pauses.map(({ from, to }) => to - from)), 1),
    floor_us: rounded(percentile(decided.floors, 0.5), 2),
    accepted: decided.accepted,
    bundle_kb: rounded(encodeSigned(signer, 'sp.policy', signed).length / 1024, 2),
    deny_list_kb: rounded(wholeBytes / 1024, 1),
    deny_list_delta_kb: rounded(deltaBytes / 1024, 1),
    false_positive_ppm: rounded((falsePositives / STRANGERS) * 1e6, 2),
    list_memory_mb: rounded((arrayBuffers - before.arrayBuffers) / 2 ** 20, 1),
    whole_takes_ms: rounded(takesMs, 1),
    one_more_takes_ms: rounded(deltaTakesMs, 1),
    load_ms: rounded(loadMs, 1),
    denied: desk.reference.size,
    instruments: INSTRUMENTS,
  }
}

const opened = (bytes: Uint8Array, key: Uint8Array) => {
  const message = openSigned(nodeCrypto, bytes, 'sp.deny', () => key)
  if (!message.ok) throw new Error(message.detail ?? message.code)
  return message.value
}

function tillWith(desk: ReturnType<typeof createDenyDesk>, key: Uint8Array) {
  const disk = new Disk().open()
  const denied = new Denied(nodeCrypto, disk)
  let wholeBytes = 0
  const message = opened(desk.messageFor(0), key)
  const takesMs = timed(() => {
    denied.take(message)
    for (let wanted = denied.wanted; wanted !== undefined; wanted = denied.wanted) {
      const chunk = desk.chunk(wanted) ?? new Uint8Array(0)
      wholeBytes += chunk.length
      denied.takeChunk(chunk)
    }
  })
  return { denied, disk, wholeBytes, takesMs }
}

function decisions(denied: Denied, signed: Policy) {
  const payments = seen()
  const limits = { perPaymentLimitMinor: 10_000, totalLimitMinor: 20_000 }
  const times: number[] = []
  const floors: number[] = []
  const begun: number[] = []
  let accepted = 0
  for (let at = 0; at < DECISIONS; at++) {
    const payer: ByWallet = {
      wallet: walletOf(at % (2 * INSTRUMENTS)),
      profile: 'show',
      limits,
      credentialId: hex(nodeCrypto.randomBytes(8)),
      issuerKeyId: '0123456789abcdef',
    }
    const began = performance.now()
    const situation = {
      now: POLICY.issuedAt,
      clockDoubtful: false,
      offlineFor: MINUTE,
      tillExposureMinor: payments.exposureMinor - INSTRUMENTS,
      ...standingOf(denied),
    }
    const asked = {
      amountMinor: 100,
      currency: 'EUR',
      instrumentExposureMinor: payments.exposureOf(payer.wallet),
      instrumentCount: payments.countOf(payer.wallet),
    }
    const decision = decideOffline(signed, situation, { ...asked, ...askedOf(nodeCrypto, payer, () => 0) })
    times.push((performance.now() - began) * 1000)
    begun.push(began)
    if (decision.ok) accepted += 1
    floors.push(1000 * timed(() => [payer.wallet, payer.credentialId ?? '', 'key'].forEach((text) => nodeCrypto.sha256(Buffer.from(text)))))
  }
  return { times, floors, begun, accepted }
}

type Pause = { readonly from: number; readonly to: number }

/** What the garbage collector stops everything for, until the answer is asked for: this process also has the hub's million names, which no till has. */
function watchCollections(): () => Promise<readonly Pause[]> {
  const pauses: Pause[] = []
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) pauses.push({ from: startTime, to: startTime + duration })
  })
  observer.observe({ entryTypes: ['gc'] })
  return async () => {
    // They are told in a turn of their own.
    await nextTurn()
    await nextTurn()
    observer.disconnect()
    return pauses
  }
}

const standingOf = (denied: Denied) => (denied.standing === undefined ? {} : { denyList: denied.standing })
const walletOf = (number: number): string => nameOf(10 * DENIED + number).id

/** One cent each, not settled. */
function seen(): Payments {
  const store = new Disk().open()
  const payments = Array.from({ length: INSTRUMENTS }, (_, at): PaymentRecord => {
    const place = { epoch: 1, n: at + 1 }
    const sums = { capturedMinor: 1, refundedMinor: 0, amountMinor: 1 }
    const limits = { perPaymentLimitMinor: 1, totalLimitMinor: 1 }
    return {
      id: String(at),
      saleId: String(at),
      state: 'CAPTURED',
      ...sums,
      currency: 'EUR',
      wallet: walletOf(at),
      profile: 'show',
      limits,
      intendedAt: POLICY.issuedAt,
      intended: place,
      held: false,
      last: place,
    }
  })
  store.commit({ payments })
  return new Payments(store, { epoch: 1, n: 0 }, { epoch: 1, n: 0 })
}

const fingerprint = (number: number): number => Buffer.from(nodeCrypto.sha256(Buffer.from(`wallet:${nameOf(number).id}`))).readUIntBE(0, 5)

function timed(action: () => unknown): number {
  const began = performance.now()
  action()
  return performance.now() - began
}
