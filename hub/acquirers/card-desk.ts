import type { Acquirer, Answer, Exchange } from './acquirer.ts'
import { answered, begin, caseOf, isDue, nextKind, type CardCase, type FreshNumbers, type Happened } from './card-case.ts'
import { createNumbers, referenceOf } from './numbers.ts'
import { Desk } from '../intake/desk.ts'
import { tookAnswer } from '../intake/cards.ts'
import { signDecisions, type Bench } from '../intake/payments.ts'
import { pump } from '../intake/pump.ts'
import type { KeyService } from '../key-service/key-service.ts'
import type { HubStore } from '../store/hub-store.ts'
import type { Id } from '#protocol/ids.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Clock, DurationMs, Timers } from '#protocol/time.ts'

/**
 * Asks the acquirer what settling wants of it. Beside settling, never inside: an acquirer may take half a minute, and custody and wallets wait for nobody.
 * Each exchange is one commit before it is sent, which gives it a number that is never used again, and one with its answer and all that follows from it.
 */
export interface CardDesk {
  wake(): void
  /** Resolves when nothing is due and nobody is being asked. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export type CardDeskPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly store: HubStore
  readonly bench: Bench
  readonly acquirers: readonly Acquirer[]
  /** Missing where no cards are taken. */
  readonly keyService: KeyService | undefined
  sendDecision(till: Id, message: Uint8Array): void
  changed(): void
  warn(line: string): void
}

type Numbers = ReturnType<typeof createNumbers>

const MAX_DUE = 50
const MAX_ASKED_AT_ONCE = 20
const STUCK_FOR: DurationMs = 1000
const MAX_STALE_COMMITS = 20

export function createCardDesk(ports: CardDeskPorts): CardDesk {
  const { clock, timers, store } = ports
  const lines = new Map(ports.acquirers.map((acquirer) => [acquirer.id, { acquirer, numbers: createNumbers(store, acquirer.id, clock) }]))
  /** By payment. An exchange that is open and not here was open when this process began, or is a reversal whose time has come. */
  const asking = new Map<Id, Promise<void>>()
  /** Due, and nothing can be done about them for a moment. */
  const stuck = new Set<Id>()
  let stopped = false
  let cancelTimer: () => void = () => undefined

  async function turn(): Promise<boolean> {
    const idle = (await store.dueCards(Infinity, MAX_DUE)).filter(({ id }) => !asking.has(id) && !stuck.has(id))
    const due = idle.filter((row) => isDue(row, clock.now()))
    for (const row of due.slice(0, Math.max(0, MAX_ASKED_AT_ONCE - asking.size))) {
      const served = serve(row.id).then(async () => {
        // Without room on the disk, or without its settings, it is due still, and would be for ever.
        const [left] = await store.get('cards', [row.id])
        asking.delete(row.id)
        if (left === undefined || !isDue(left, clock.now())) return work.wake()
        stuck.add(row.id)
        timers.after(STUCK_FOR, () => {
          stuck.delete(row.id)
          work.wake()
        })
      })
      asking.set(row.id, served)
    }
    // Whoever is asked wakes this when he has answered.
    if (asking.size < MAX_ASKED_AT_ONCE) wakeAt(idle.find(({ id }) => !asking.has(id))?.dueAt)
    return false
  }

  /** Everything that is due about one payment, one exchange after the other. */
  async function serve(id: Id): Promise<void> {
    for (;;) {
      if (stopped) return
      const [row] = await store.get('cards', [id])
      if (row === undefined || !isDue(row, clock.now())) return
      const card = caseOf(row)
      const line = lines.get(card.acquirer)
      // One that this hub has no settings of any more: nothing is asked before they are back.
      if (line === undefined) return
      const exchange = card.open ?? (await opened(card, line.numbers))
      if (exchange === undefined) {
        if (!(await tidied(card))) return
        continue
      }
      // It was sent by a process that is gone, or was about to be.
      const wasCut = card.open !== undefined && exchange.kind !== 'reverse'
      const mayAsk = !wasCut || line.acquirer.repeatable?.includes(exchange.kind) === true
      const answer: Answer = mayAsk ? await ask(line.acquirer, card, exchange, wasCut ? 1 : card.tries) : { type: 'silence' }
      if (stopped) return
      if (!(await took(card, exchange, answer, line.numbers))) return
    }
  }

  function wakeAt(at: number | undefined): void {
    cancelTimer()
    if (at === undefined || stopped) return
    cancelTimer = timers.after(Math.max(0, at - clock.now()), work.wake)
  }

  function ask(acquirer: Acquirer, card: CardCase, exchange: Exchange, repeat: number): Promise<Answer> {
    const { id, currency, maskedPan, secret } = card
    const needsCard = exchange.kind === 'authorise' || exchange.kind === 'sale'
    if (needsCard && secret === undefined) return Promise.resolve({ type: 'unreadable', code: 'card.unreadable' })
    return acquirer.ask({ payment: id, exchange, currency, repeat, maskedPan, ...(needsCard && secret !== undefined ? { secret } : {}) })
  }

  /** Loads afresh, changes, commits; again where somebody else was faster. False when there is no room on the disk. */
  async function commit(id: Id, change: (desk: Desk, card: CardCase) => void): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_STALE_COMMITS; attempt++) {
      const desk = await Desk.open(store, { payments: [id] }, ports.bench.shop, clock.now())
      const card = desk.card(id)
      invariant(card !== undefined, 'a case is never removed')
      change(desk, card)
      const decisions = signDecisions(desk, ports.bench)
      const committed = await store.commit(desk.changes())
      if (committed === 'stale') continue
      if (committed === 'full') return false
      for (const { till, message } of decisions) ports.sendDecision(till, message)
      ports.changed()
      return true
    }
    invariant(false, 'an answer of the acquirer commits in the end')
  }

  const freshNumbers = ({ id }: CardCase, stan: number): FreshNumbers => ({
    stan,
    rrnFor: (kind, nth) => referenceOf(ports.bench.crypto, id, kind, nth),
  })
  async function freshFor(card: CardCase, numbers: Numbers): Promise<FreshNumbers | undefined> {
    const stan = await numbers.next()
    return stan === undefined ? undefined : freshNumbers(card, stan)
  }

  /** The next exchange, durable before anybody hears of it. */
  async function opened(card: CardCase, numbers: Numbers): Promise<Exchange | undefined> {
    if (nextKind(card) === undefined) return undefined
    const fresh = await freshFor(card, numbers)
    if (fresh === undefined) return undefined
    let exchange: Exchange | undefined
    const isDurable = await commit(card.id, (desk, now) => {
      exchange = undefined
      const begun = now.open === undefined ? begin(now, fresh, desk.now) : undefined
      if (begun === undefined) return
      desk.saveCard(begun)
      exchange = begun.open
    })
    return isDurable ? exchange : undefined
  }

  async function took(card: CardCase, exchange: Exchange, answer: Answer, numbers: Numbers): Promise<boolean> {
    const forReversal = answer.type === 'silence' ? await freshFor(card, numbers) : freshNumbers(card, exchange.stan)
    if (forReversal === undefined) return false
    const number = await numberOf(card, answer)
    return commit(card.id, (desk, now) => {
      // A late answer to an exchange that was given up.
      if (now.open?.rrn !== exchange.rrn) return
      const { card: after, happened } = answered(now, answer, forReversal, desk.now)
      desk.saveCard({ ...after, secret: secretAfter(after, happened, number) })
      tookAnswer(desk, ports.bench.shop, after, exchange, happened)
    })
  }

  /** Once the acquirer has answered, nothing of the track may be kept: the number is, while it may have to be asked again. */
  async function numberOf({ secret, maskedPan }: CardCase, { type }: Answer): Promise<CardCase['secret']> {
    if (secret?.is === 'code' && (type === 'approved' || type === 'declined')) return undefined
    if (secret?.is !== 'track' || (type !== 'approved' && type !== 'declined')) return secret
    const kept = await ports.keyService?.keepNumber(secret, maskedPan)
    return kept?.ok === true ? { is: 'number', sealed: kept.value } : undefined
  }

  /** Nothing is to be asked: what is not needed any more is destroyed. True when there may be more to do. */
  async function tidied({ id, ksn, secret }: CardCase): Promise<boolean> {
    const scheme = secret?.is === 'track' ? secret.scheme : undefined
    let isOver = false
    let mayForget = false
    const isDurable = await commit(id, (desk, card) => {
      isOver = nextKind(card) === undefined && card.open === undefined
      if (!isOver) return
      const left = card.has === 'money' || (card.wants === 'nothing' && card.has === 'nothing') ? undefined : card.secret
      mayForget = card.ksn !== undefined && left?.is !== 'track'
      desk.saveCard({ ...card, secret: left, dueAt: mayForget ? desk.now : undefined })
    })
    if (!isDurable || !isOver) return isDurable
    if (!mayForget || ksn === undefined) return false
    await ports.keyService?.forget(scheme ?? schemeOf(ksn), ksn)
    return commit(id, (desk, card) => desk.saveCard({ ...card, ksn: undefined }))
  }

  const work = pump(turn)
  return {
    wake: work.wake,
    async idle() {
      work.wake()
      for (;;) {
        await work.idle()
        if (asking.size === 0) return
        await Promise.all(asking.values())
      }
    },
    async stop() {
      stopped = true
      cancelTimer()
      for (const { acquirer } of lines.values()) acquirer.close()
      await work.stop()
      await Promise.all(asking.values())
    },
  }
}

const secretAfter = (after: CardCase, happened: Happened, number: CardCase['secret']): CardCase['secret'] =>
  after.has === 'money' ? undefined : happened === 'held' || happened === 'refused' ? number : after.secret

/** Serial numbers of TDES have 10 bytes, of AES 12; which of a TDES key's variants was used makes no difference to its destruction. */
const schemeOf = (ksn: string) => (ksn.length === 24 ? 'aes-dukpt-data' : 'tdes-dukpt-data')
