import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createDenyDesk } from '../../hub/policy/deny-desk.ts'
import { Denied } from '../../terminal/core/denied.ts'
import { askedOf, type ByWallet } from '../../terminal/core/instruments/payer.ts'
import { Payments, type PaymentRecord } from '../../terminal/core/payments.ts'
import { POLICY } from '../../terminal/core/test-till.ts'
import { hex, unbase64url } from '#protocol/bytes.ts'
import { encodeSigned, openSigned, type Policy } from '#protocol/hub/messages.ts'
import type { Signer } from '#protocol/crypto.ts'
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
const ONE_MORE = 50

export const policyHelp = `policy                   the offline decision of a till with 1,000,000 denied names and 100,000 instruments that it has seen and the hub has not settled:
                         exposures, three fingerprints, their look-up, caps. Without signatures. Its floor is the three SHA-256 alone.`

/** Sixteen bytes as wallets have them. */
const nameOf = (number: number): DeniedName => ({ kind: 'wallet', id: hex(nodeCrypto.sha256(new Uint8Array(new Uint32Array([number]).buffer))).slice(0, 32) })

/** A hub with its names, as long as it takes to tell a till of them: a till does not have them in its memory, and no collection there passes over them. */
function tellTill(signer: Signer) {
  const desk = createDenyDesk({ crypto: nodeCrypto, clock: { now: () => POLICY.issuedAt }, signer: () => signer })
  desk.deny(
    Array.from({ length: DENIED }, (_, at) => nameOf(at)),
    'measured',
  )
  const told = tillWith(desk, signer.publicKey)
  const { denied } = told
  desk.deny(
    Array.from({ length: CHANGED }, (_, at) => nameOf(DENIED + at)),
    'measured',
  )
  const delta = opened(desk.messageFor(denied.version), signer.publicKey)
  denied.take(delta)
  const deltaBytes = delta.content.type === 'delta' ? (unbase64url(delta.content.added)?.length ?? 0) : Number.NaN
  const oneMore = Array.from({ length: ONE_MORE }, (_, at) => {
    const before = desk.version
    desk.deny([nameOf(-1 - at)], 'measured')
    return opened(desk.messageFor(before), signer.publicKey)
  })
  return { ...told, deltaBytes, oneMore, reference: desk.reference }
}

export async function policy(): Promise<Record<string, number>> {
  const signer = signerFromSeed(new Uint8Array(32).fill(9))
  const { disk, wholeBytes, takesMs, deltaBytes, oneMore, reference } = tellTill(signer)
  collectGarbage()
  const before = process.memoryUsage()
  const began = performance.now()
  const again = new Denied(nodeCrypto, disk)
  const loadMs = performance.now() - began
  const oneMoreTakes = oneMore.map((message) => timed(() => again.take(message)))
  const falsePositives = Array.from({ length: STRANGERS }, (_, at) => at).filter((at) => again.standing?.has(fingerprint(2 * DENIED + at)) === true).length
  const signed: Policy = { ...POLICY, storeSlice: { storeMinor: 100_000, sliceMinor: 50_000 }, denyList: { ...reference, maxAgeMs: MINUTE } }
  const payments = seen()
  collectGarbage()
  const { arrayBuffers } = process.memoryUsage()
  const collections = watchCollections()
  const decided = decisions(again, payments, signed)
  const pauses = await collections()
  const undisturbed = decided.times.filter(
    (us, at) => !pauses.some(({ from, to }) => from < (decided.begun[at] ?? 0) + us / 1000 && to > (decided.begun[at] ?? 0)),
  )
  return {
    decision_us: rounded(percentile(decided.times, 0.5), 2),
    decision_p99_us: rounded(percentile(decided.times, 0.99), 2),
    decision_worst_us: rounded(Math.max(...decided.times), 1),
    decision_worst_outside_gc_us: rounded(Math.max(...undisturbed), 1),
    decision_worst_processor_us: Math.max(...decided.processor),
    gc_worst_ms: rounded(Math.max(0, ...pauses.map(({ from, to }) => to - from)), 1),
    floor_us: rounded(percentile(decided.floors, 0.5), 2),
    floor_worst_us: rounded(Math.max(...decided.floors), 1),
    accepted: decided.accepted,
    bundle_kb: rounded(encodeSigned(signer, 'sp.policy', signed).length / 1024, 2),
    deny_list_kb: rounded(wholeBytes / 1024, 1),
    deny_list_delta_kb: rounded(deltaBytes / 1024, 1),
    false_positive_ppm: rounded((falsePositives / STRANGERS) * 1e6, 2),
    list_memory_mb: rounded((arrayBuffers - before.arrayBuffers) / 2 ** 20, 1),
    whole_takes_ms: rounded(takesMs, 1),
    one_more_takes_ms: rounded(percentile(oneMoreTakes, 0.5), 2),
    one_more_worst_ms: rounded(Math.max(...oneMoreTakes), 1),
    load_ms: rounded(loadMs, 1),
    denied: reference.size,
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

function decisions(denied: Denied, payments: Payments, signed: Policy) {
  const limits = { perPaymentLimitMinor: 10_000, totalLimitMinor: 20_000 }
  const times: number[] = []
  const floors: number[] = []
  const begun: number[] = []
  /** What each took of the processor: a machine with other work takes it away in the midst of some. */
  const processor: number[] = []
  let accepted = 0
  for (let at = 0; at < DECISIONS; at++) {
    const payer: ByWallet = {
      wallet: walletOf(at % (2 * INSTRUMENTS)),
      profile: 'show',
      limits,
      credentialId: hex(nodeCrypto.randomBytes(8)),
      issuerKeyId: '0123456789abcdef',
    }
    const cpu = process.threadCpuUsage()
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
    const { user, system } = process.threadCpuUsage(cpu)
    processor.push(user + system)
    if (decision.ok) accepted += 1
    floors.push(1000 * timed(() => [payer.wallet, payer.credentialId ?? '', 'key'].forEach((text) => nodeCrypto.sha256(Buffer.from(text)))))
  }
  return { times, floors, begun, processor, accepted }
}

type Pause = { readonly from: number; readonly to: number }

/** What the garbage collector stops everything for, until the answer is asked for. */
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

/** All of it, now: what was left before the measurement is not collected in the middle of it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

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
