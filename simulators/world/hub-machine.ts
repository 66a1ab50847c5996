import type { Crypto } from '#protocol/crypto.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { Id } from '#protocol/ids.ts'
import type { DurationMs } from '#protocol/time.ts'
import { linkTopic, parseTopic, upTopic, type DownKind } from '#protocol/topics.ts'
import type { Acquirer } from '../../hub/acquirers/acquirer.ts'
import type { ExchangePorts } from '../../hub/exchange/settings.ts'
import { createHub, type Hub } from '../../hub/hub.ts'
import { memoryCopy, type CopiedSegment, type EntryCopy } from '../../hub/intake/copy.ts'
import { proveHere, type Prove } from '../../hub/intake/proof.ts'
import { hubKeys, type HubKeys, type KeyVault } from '../../hub/keys.ts'
import type { Carrier } from '../../hub/link/carrier.ts'
import type { PolicyKeeping } from '../../hub/policy/policies.ts'
import type { Shop } from '../../hub/shop.ts'
import type { Committed, HubStore } from '../../hub/store/hub-store.ts'
import { memoryDisk, openMemoryStore, type MemoryDisk } from '../../hub/store/memory.ts'
import { alipayAcquirer } from '../../hub/acquirers/alipay/alipay-acquirer.ts'
import { worldKeys, type CardBank } from './card-bank.ts'
import type { SchemeBank } from './scheme-bank.ts'
import { openUnsealed, type OpenExport } from './lane-net.ts'
import { MachineClock, ProcessTimers, type Scheduler } from './clock.ts'
import type { CrashPoint } from './disk.ts'
import type { HubWatch } from './hub-watch.ts'
import type { Broker, Line } from './network.ts'
import type { PolicyWatch } from './policy-watch.ts'
import type { Random } from './random.ts'
import { worldJudgement } from './risk-watch.ts'
import { worldTerms } from './settlement-watch.ts'
import type { Trace } from './trace.ts'

export type HubParts = {
  readonly exchange: ExchangePorts
  readonly refundRate: 'original' | 'today'
  readonly scheduler: Scheduler
  readonly random: Random
  readonly crypto: Crypto
  readonly trace: Trace
  readonly vault: KeyVault
  readonly shop: Shop
  readonly watch: HubWatch
  readonly bank: CardBank
  readonly schemes: SchemeBank
  readonly policy: PolicyWatch
  /** The power is gone. */
  stopped(): void
  readonly bug?: HubBug
  /** It asks itself whether payments are fraud. */
  readonly thinks: boolean
}

/** For a planted bug: what is put between the hub and its ports. */
export type HubBug = {
  store?(store: HubStore): HubStore
  copy?(copy: EntryCopy): EntryCopy
  acquirer?(acquirer: Acquirer): Acquirer
  scheme?(acquirer: Acquirer): Acquirer
  crypto?(crypto: Crypto): Crypto
  prove?(prove: Prove): Prove
  keeping?(keeping: PolicyKeeping): PolicyKeeping
  openExport?(open: OpenExport): OpenExport
  /** What it never sends. */
  readonly mute?: DownKind
}

/** The longest that the hub's disk takes to commit: long enough for other things to happen meanwhile. */
const SLOW_COMMIT: DurationMs = 800

/** A hub that runs, and what it shares with those who work beside it. */
export type RunningHub = { readonly hub: Hub; readonly keys: HubKeys; readonly store: HubStore }
type Process = RunningHub & { readonly timers: ProcessTimers; crash(): void }

/** The machine that the hub runs on, with its embedded broker: disk, second disk, clock and power. The hub in it is the production one. */
export class HubMachine implements Broker {
  disk = memoryDisk()
  readonly copied: CopiedSegment[] = []
  readonly clock: MachineClock
  readonly #parts: HubParts
  /** Files beside the database, which no backup of that takes back. */
  readonly #keeping: PolicyKeeping = inMemory()
  readonly #lines = new Map<Id, Line>()
  /** The broker's memory, which is the process's. */
  readonly #retained = new Map<Id, Map<DownKind, Uint8Array>>()
  #hear: (topic: string, payload: Uint8Array) => void = () => undefined
  #process: Process | undefined
  #entered = false
  #backup: MemoryDisk | undefined
  #crash: { commits: number; readonly point: CrashPoint } | undefined
  full = false
  copyFull = false
  /** How many of its commits take their time. */
  slow = 0
  /** Somebody listens to what it tells tills. */
  onSaid: (kind: DownKind, bytes: Uint8Array) => void = () => undefined

  constructor(parts: HubParts) {
    this.#parts = parts
    this.clock = new MachineClock(parts.scheduler)
  }

  get up(): boolean {
    return this.#process !== undefined
  }

  get running(): RunningHub | undefined {
    return this.#process
  }

  addLine(till: Id, line: Line): void {
    this.#lines.set(till, line)
  }

  /** Whether anything that may have left promises to run happened since this was asked last. Tills have none. */
  wasEntered(): boolean {
    const entered = this.#entered
    this.#entered = false
    return entered
  }

  /** Switches it on. If it cannot start, it is off again when this resolves. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return
    const { scheduler, vault, shop, trace, bug, exchange, refundRate } = this.#parts
    const crypto = bug?.crypto?.(this.#parts.crypto) ?? this.#parts.crypto
    trace.note('hub starts')
    this.#entered = true
    this.clock.restart()
    const timers = new ProcessTimers(scheduler, (action) => {
      this.#entered = true
      action()
    })
    const alive = () => this.#process?.timers === timers
    const inner = openMemoryStore(this.disk)
    const honest = { store: this.#store(inner, alive), copy: this.#copy(alive) }
    const store = bug?.store?.(honest.store) ?? honest.store
    const keys = hubKeys(vault, this.clock)
    const prove = proveHere(crypto, keys.issuerKey)
    const bank = this.#parts.bank.port(timers)
    const scheme = alipayAcquirer(this.#parts.schemes.port(timers), { subject: 'World', storeId: 'world' }, { clock: this.clock, timers, crypto })
    const hub = createHub({
      alipay: bug?.scheme?.(scheme) ?? scheme,
      cards: { acquirer: bug?.acquirer?.(bank) ?? bank, keyService: worldKeys },
      clock: this.clock,
      timers,
      crypto,
      store,
      copy: bug?.copy?.(honest.copy) ?? honest.copy,
      keys,
      carrier: this.#carrier(alive),
      shop,
      firstTerms: { ...worldTerms(shop), refundRate },
      ...(this.#parts.thinks && { risk: { judgement: worldJudgement } }),
      exchange,
      policyKeeping: bug?.keeping?.(this.#keeping) ?? this.#keeping,
      prove: bug?.prove?.(prove) ?? prove,
      openExport: bug?.openExport?.(openUnsealed) ?? openUnsealed,
      version: 'simulated',
      warn: (line) => trace.note(`hub warns: ${line}`),
    })
    this.#process = { hub, keys, store, timers, crash: () => inner.crash() }
    try {
      await hub.start()
    } catch (error) {
      this.crash(`it cannot start: ${String(error)}`)
    }
  }

  /** Somebody at the console wants something; the answer may never come, as from any machine that may lose its power. */
  ask(question: (running: RunningHub) => Promise<unknown>): void {
    if (this.#process === undefined) return
    this.#entered = true
    const { trace } = this.#parts
    question(this.#process).catch((error: unknown) =>
      trace.violation(0, `the hub threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    )
  }

  crash(why: string): void {
    if (this.#process === undefined) return
    this.#parts.trace.note(`hub stops: ${why}`)
    this.#process.crash()
    this.#process.timers.stop()
    this.#process = undefined
    this.#retained.clear()
    this.#hear = () => undefined
    for (const line of this.#lines.values()) line.brokerGone()
    this.#parts.stopped()
  }

  crashAt(commits: number, point: CrashPoint): void {
    this.#crash = { commits, point }
  }

  backUp(): void {
    this.#backup = copyOf(this.disk)
  }

  /** The disk is lost, with all that came after the last backup. What was copied to the second place is there, or gone with it. */
  restore(copy: 'kept' | 'gone'): boolean {
    if (this.#backup === undefined) return false
    this.crash(`its disk is lost, and the second copy is ${copy}`)
    this.disk = copyOf(this.#backup)
    if (copy === 'gone') this.copied.length = 0
    this.#parts.watch.restored(this.disk, copy)
    return true
  }

  calm(): void {
    this.#crash = undefined
    this.full = false
    this.copyFull = false
    this.slow = 0
  }

  // ---------------------------------------------------------------- the broker, as tills see it

  attached(till: Id): void {
    this.#hear(linkTopic(till), utf8('online'))
  }

  detached(till: Id): void {
    this.#hear(linkTopic(till), utf8('offline'))
  }

  published(till: Id, batch: Uint8Array): void {
    this.#hear(upTopic(till), batch)
  }

  retained(till: Id): readonly { readonly kind: DownKind; readonly bytes: Uint8Array }[] {
    return [...(this.#retained.get(till) ?? [])].map(([kind, bytes]) => ({ kind, bytes }))
  }

  /** The broker, as the hub sees it. */
  #carrier(alive: () => boolean): Carrier {
    return {
      url: 'mqtt://simulated',
      publish: (topic, bytes, retain) => {
        const parsed = parseTopic(topic)
        if (!alive() || parsed === undefined || parsed.channel === 'up' || parsed.channel === 'health' || parsed.channel === 'link') return
        const { till, channel } = parsed
        if (channel === this.#parts.bug?.mute) return
        if (channel === 'policy') this.#parts.policy.says(till, bytes, this.#parts.scheduler.now)
        if (retain) this.#retained.set(till, (this.#retained.get(till) ?? new Map<DownKind, Uint8Array>()).set(channel, bytes))
        this.#parts.watch.says(till, channel, bytes, memoryCopy(this.copied).lastSeq)
        this.onSaid(channel, bytes)
        this.#lines.get(till)?.deliver(channel, bytes)
      },
      onMessage: (listener) => {
        this.#hear = (topic, payload) => {
          this.#entered = true
          listener(topic, payload)
        }
      },
      onConnect: (listener) => listener(),
      close: () => Promise.resolve(),
    }
  }

  // ---------------------------------------------------------------- its disks

  /** The production's memory store, with a disk under it that is slow or full, and with power that goes before a commit or after it. */
  #store(inner: HubStore, alive: () => boolean): HubStore {
    const { scheduler, random } = this.#parts
    const gone = () => new Promise<Committed>(() => undefined)
    const pause = async () => {
      if (!random.chance(this.slow)) return
      const delay = random.between(1, SLOW_COMMIT)
      await new Promise<void>((resolve) => {
        scheduler.after(delay, () => {
          this.#entered = true
          resolve()
        })
      })
    }
    return {
      ...inner,
      commit: async (changes) => {
        await pause()
        if (!alive()) return gone()
        if (this.full) return 'full'
        const point = this.#crashHere()
        if (point === 'before') this.crash('before a commit')
        const answer = await inner.commit(changes)
        if (answer === 'done') this.#parts.watch.committed(changes, memoryCopy(this.copied).lastSeq)
        if (point === 'after') this.crash('after a commit')
        await pause()
        return alive() ? answer : gone()
      },
    }
  }

  #crashHere(): CrashPoint | undefined {
    if (this.#crash === undefined) return undefined
    this.#crash.commits -= 1
    if (this.#crash.commits > 0) return undefined
    const { point } = this.#crash
    this.#crash = undefined
    return point
  }

  #copy(alive: () => boolean): EntryCopy {
    const copy = memoryCopy(this.copied)
    return {
      get lastSeq() {
        return copy.lastSeq
      },
      append: (segments) => {
        if (!alive()) return new Promise<boolean>(() => undefined)
        return this.copyFull ? Promise.resolve(false) : copy.append(segments)
      },
      read: (afterSeq) => copy.read(afterSeq),
      verify: () => copy.verify(),
      close: () => copy.close(),
    }
  }
}

function inMemory(): PolicyKeeping {
  let text: string | undefined
  const lines: string[] = []
  return {
    policy: {
      read: () => text,
      write: (next) => {
        text = next
      },
    },
    denied: { read: () => [...lines], append: (line) => void lines.push(line) },
  }
}

/** Rows are never changed in place. */
function copyOf(disk: MemoryDisk): MemoryDisk {
  const { rows, segments, links, numbers, steps, exceptions, riskLog } = disk
  const {
    tills,
    heads,
    payments,
    refunds,
    shifts,
    salvaged,
    codes,
    wallets,
    accounts,
    transfers,
    cards,
    counters,
    returns,
    credits,
    creditDays,
    lendings,
    sendings,
    documents,
  } = rows
  return {
    ...disk,
    rows: {
      tills: new Map(tills),
      heads: new Map(heads),
      payments: new Map(payments),
      refunds: new Map(refunds),
      shifts: new Map(shifts),
      salvaged: new Map(salvaged),
      returns: new Map(returns),
      credits: new Map(credits),
      creditDays: new Map(creditDays),
      cards: new Map(cards),
      counters: new Map(counters),
      lendings: new Map(lendings),
      sendings: new Map(sendings),
      documents: new Map(documents),
      codes: new Map(codes),
      wallets: new Map(wallets),
      accounts: new Map(accounts),
      transfers: new Map(transfers),
    },
    segments: [...segments],
    links: [...links],
    numbers: [...numbers],
    steps: [...steps],
    exceptions: new Map(exceptions),
    riskLog: [...riskLog],
  }
}
