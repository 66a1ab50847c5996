import { pump } from './pump.ts'
import { NO_TIMELINE, said, type Timeline } from './back-dating.ts'
import type { EntryCopy } from './copy.ts'
import { GroupIntake, type IntakePorts, type Kept } from './group-intake.ts'
import { COPY_FAILED, copyOut } from './second-copy.ts'
import { WaitingLine, type Bounds, type Waiting } from './waiting-line.ts'
import type { Exception, Head, Standing } from '../store/hub-store.ts'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Signer } from '#protocol/crypto.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { GENESIS } from '#protocol/journal/chain.ts'
import { invariant } from '#protocol/outcome.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'

/**
 * Custody: entries become the hub's to keep. A batch is believed when its till signed it and it continues that till's chain; then it is
 * stored as it came, whatever its entries say. One commit and one write to the second copy serve all batches that are waiting,
 * and one signed acknowledgement answers each till. What entries mean is settled elsewhere, later.
 */
export type CustodyPorts = IntakePorts & {
  readonly copy: EntryCopy
  ackSigner(): Signer
  sendAck(till: Id, ack: Uint8Array): void
  /** New entries are in the store. */
  stored(): void
  /** This till said again what is known: it may have missed an answer. */
  repeated(till: Id): void
  /** Tills have other keys now. */
  rekeyed(): void
}

export interface Custody {
  /**
   * Takes a message as it came, under the till whose topic it came on, or in whose export it was (`imported`). Drops it when too many wait: the till will
   * send it again.
   */
  offer(till: Id, message: Uint8Array, imported?: boolean): void
  /** Up to which n of its epoch a till that stands there may forget. */
  safeOf(head: Head | undefined): Promise<number>
  /** Tills with a backlog are sending: until then (monotonic), what is not urgent leaves the machine to custody. */
  readonly busyUntil: DurationMs
  /** The second copy lacks something. */
  catchUp(): void
  idle(): Promise<void>
  stop(): Promise<void>
}

const MEBIBYTE = 1024 * 1024
const BOUNDS: Bounds = { messages: 1024, bytes: 64 * MEBIBYTE, perTill: 8, groupMessages: 256, groupBytes: 8 * MEBIBYTE }
const WARN_OF_DROPS_EVERY = 1 * MINUTE
/** More than this many tills at the same head means a bug, not bad luck. */
const MAX_STALE_COMMITS = 20
/** Of `ackSchema`. */
const MAX_ACK_EXCEPTIONS = 100
/** Longer than a till takes from an acknowledgement to its next batch. */
const NEXT_BATCH_WITHIN: DurationMs = 1 * SECOND

export function createCustody(ports: CustodyPorts): Custody {
  const { clock, crypto, store, copy, warn } = ports
  const line = new WaitingLine(BOUNDS)
  let dropped = 0
  let warnedOfDrops = -Infinity
  /** Newer than what the head rows say. Bounded by the number of tills. */
  const timelines = new Map<Id, Timeline>()
  let busyUntil = -Infinity
  let copyLacks = false

  function drop(): void {
    dropped += 1
    const now = clock.monotonic()
    if (now - warnedOfDrops < WARN_OF_DROPS_EVERY) return
    warn(`too many batches are waiting: dropped ${dropped} since the last such line; their tills will send them again`)
    warnedOfDrops = now
    dropped = 0
  }

  async function turn(): Promise<boolean> {
    const group = line.nextGroup()
    if (group.length === 0 && !copyLacks) return false
    const kept = group.length === 0 ? undefined : await keep(group)
    if (kept === 'full') {
      warn('the disk is full: entries cannot be taken into custody; tills keep theirs')
      return line.length > 0
    }
    const copied = await copyOut(ports, kept?.segments ?? [])
    if (copied === 'failed') warn(COPY_FAILED)
    copyLacks = copied === 'more'
    if (kept !== undefined) await answer(kept)
    return line.length > 0 || copyLacks
  }

  async function keep(group: readonly Waiting[]): Promise<Kept | 'full'> {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const taken = await GroupIntake.open(ports, (till) => timelines.get(till), group)
      for (const one of group) await taken.take(one)
      const committed = await store.commit(taken.changes())
      if (committed === 'full') return 'full'
      if (committed === 'stale') continue
      for (const [till, timeline] of taken.timelines) timelines.set(till, timeline)
      if (taken.backlog) busyUntil = clock.monotonic() + NEXT_BATCH_WITHIN
      if (taken.segments.length > 0) ports.stored()
      if (taken.rekeyed.size > 0) ports.rekeyed()
      return taken
    }
    invariant(false, 'custody commits in the end')
  }

  async function answer(kept: Kept): Promise<void> {
    const standing = await store.standing()
    for (const [till, message] of kept.answer) await sendAck(till, message, kept.heads.get(till), standing)
    for (const till of kept.repeated) ports.repeated(till)
  }

  async function sendAck(till: Id, message: Uint8Array, head: Head | undefined, { hubEpoch, settledSeq }: Standing): Promise<void> {
    const [epoch, n] = [head?.epoch ?? 1, head?.n ?? 0]
    const found = await store.exceptionsOf(till, epoch, MAX_ACK_EXCEPTIONS)
    const [safe, settled] = [await reached(head, copy.lastSeq), await reached(head, settledSeq)]
    const at = clock.now()
    const ack = encodeSigned(ports.ackSigner(), signedTypes.ack, {
      v: 1,
      till,
      epoch,
      received: { n, head: hex(head?.hash ?? GENESIS) },
      safe,
      settled,
      answers: hex(crypto.sha256(message)),
      exceptions: found.filter(isAboutEntry).map((exception) => ({ n: exception.n, code: exception.code })),
      hubEpoch,
      hubTime: at,
    })
    timelines.set(till, said(timelines.get(till) ?? head ?? NO_TIMELINE, { hash: hex(crypto.sha256(ack)), at, epoch, n }))
    ports.sendAck(till, ack)
  }

  /** Up to which n of its epoch something that has come to `seq` in the hub's order has come with a till that stands at `head`. */
  async function reached(head: Head | undefined, seq: number): Promise<number> {
    if (head === undefined) return 0
    return seq >= head.seq ? head.n : await store.reached(head.id, head.epoch, seq)
  }

  const work = pump(turn)
  return {
    offer(till, message, imported = false) {
      if (!line.offer({ till, message, imported }, clock.monotonic())) return drop()
      work.wake()
    },
    safeOf: (head) => reached(head, copy.lastSeq),
    get busyUntil() {
      return busyUntil
    },
    catchUp() {
      copyLacks = true
      work.wake()
    },
    idle: () => work.idle(),
    stop: () => work.stop(),
  }
}

/** What is wrong with how messages came is for the hub's people; a till is told only what became of its entries. */
const isAboutEntry = ({ n, code }: Exception): boolean => n > 0 && !code.startsWith('wire.') && !code.startsWith('custody.')
