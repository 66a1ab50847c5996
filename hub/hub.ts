import type { Acquirer } from './acquirers/acquirer.ts'
import { createCardDesk } from './acquirers/card-desk.ts'
import { createCreditDesk, type CreditDesk } from './credit-desk.ts'
import { createCatalogueDesk, type CatalogueDesk, type CatalogueFile } from './catalogue/desk.ts'
import { createCustody } from './intake/custody.ts'
import type { EntryCopy } from './intake/copy.ts'
import type { Prove } from './intake/proof.ts'
import { reconcileCopy } from './intake/second-copy.ts'
import { benchOf, createSettling } from './intake/settling.ts'
import { judgeAcceptances } from './policy/judging.ts'
import { createPolicies, isInUse, type Policies, type PolicyKeeping } from './policy/policies.ts'
import { createRecovery, type Recovery } from './intake/recovery.ts'
import { newCard } from './loyalty/issuing.ts'
import { createEnrolment, type Enrolment } from './enrolment.ts'
import type { Escrows } from './escrow/escrows.ts'
import { createOrders } from './orders/orders.ts'
import { createFleet, type Fleet } from './fleet/fleet.ts'
import { tillFile } from './fleet/till-file.ts'
import { createOverview, type HubViews } from './overview.ts'
import { importJournal, offerTo, type Imported, type ImportPorts } from './journal-import.ts'
import type { KeyService } from './key-service/key-service.ts'
import type { HubKeys } from './keys.ts'
import { createLanesDesk, type EdgeFile } from './lanes.ts'
import { createPeerCopies } from './peer-copies.ts'
import type { MerchantTerms } from './merchants/merchant.ts'
import { createMerchants, type Merchants } from './merchants/register.ts'
import { firstTerms } from './merchants/terms.ts'
import { createAnswering } from './link/answering.ts'
import type { Carrier } from './link/carrier.ts'
import { createHubLink } from './link/hub-link.ts'
import { createEvery } from './every.ts'
import { openOwnAccounts } from './own-accounts.ts'
import { createExchange } from './exchange/exchange.ts'
import type { Rates } from './exchange/rates.ts'
import type { ExchangePorts } from './exchange/settings.ts'
import { createRisk, type Risk, type RiskOptions } from './risk/risk.ts'
import type { Shop } from './shop.ts'
import { silentSince } from './wallets/silence.ts'
import { looseReturns } from './loose-returns.ts'
import { signerOfReceipt } from './receipt-check.ts'
import { createReceiptDesk, isAddressKey, type ReceiptDesk } from './receipts/desk.ts'
import type { Outbox } from './receipts/outbox.ts'
import type { SubjectKeys } from './receipts/subject-keys.ts'
import { createSettlement, type Settlement } from './settlement/settlement.ts'
import { createStaffDesk, type StaffDesk } from './staff-desk.ts'
import { staffOf, type StaffKeeping } from './staff-file.ts'
import type { HubStore } from './store/hub-store.ts'
import { traceAtHub } from './trace.ts'
import { createMerchantPay, type PayByPhone, type QuoteForPhone } from './wallets/merchant-pay.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { NewCard } from '#protocol/hub-api/customers.ts'
import type { LooseReturns } from '#protocol/hub-api/staff.ts'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import type { TillFile } from '#protocol/hub-api/tills.ts'
import type { HubTrace } from '#protocol/hub-api/trace.ts'
import { isSealedJournal } from '#protocol/node/sealed-journal.ts'
import type { Outcome } from '#protocol/outcome.ts'
import type { DeniedName } from '#protocol/policy/deny-list.ts'
import { HOUR, MINUTE, type Clock, type EpochMs, type Timers } from '#protocol/time.ts'

/** Everything that a hub touches. `main.ts` gives it the real world, the simulator a made-up one; the hub cannot tell. */
export type HubPorts = {
  readonly clock: Clock
  readonly timers: Timers
  readonly crypto: Crypto
  readonly store: HubStore
  readonly copy: EntryCopy
  readonly keys: HubKeys
  readonly carrier: Carrier
  readonly shop: Shop
  readonly catalogueFile?: CatalogueFile
  /** Where the people are kept. Without one they are those of the shop, and changes last as long as the hub runs. */
  readonly staffFile?: StaffKeeping
  /** Which machine of the store is its edge. */
  readonly edge?: EdgeFile
  /** How exports and neighbours' copies are opened, if not as `protocol/node/sealed-journal.ts` does. */
  readonly openExport?: NonNullable<ImportPorts['open']>
  /** Where its policy and what it denied are kept. Without it they are those of the shop, and changes last as long as the hub runs. */
  readonly policyKeeping?: PolicyKeeping | undefined
  /** On what terms the hub settles with its shop, until somebody changes them. Without it for nothing (`firstTerms`). */
  readonly firstTerms?: MerchantTerms | undefined
  readonly prove: Prove
  /** Who gets money from cards, and who opens them for him. Without them no card is taken. */
  readonly cards?: { readonly acquirer: Acquirer; readonly keyService: KeyService } | undefined
  /** Where keys of addresses are kept and letters handed over. Without it no receipt is sent. */
  readonly sending?: { readonly subjects: SubjectKeys; readonly outbox: Outbox } | undefined
  /** Wallets of others that are taken: each by the one who asks its issuer. */
  readonly alipay?: Acquirer | undefined
  /** Without it no wallet in another currency pays. */
  readonly exchange?: ExchangePorts | undefined
  /** The folder of the feed in which releases of the till's program are published. Without it none are. */
  readonly releases?: string | undefined
  /** Missing: nobody thinks about whether a payment is fraud. */
  readonly risk?: RiskOptions | undefined
  readonly version: string
  /** For the operator's log. Nothing secret comes here. */
  warn(line: string): void
}

export interface Hub extends HubViews, Recovery {
  /** Opens custody. Throws when database and second copy contradict each other. */
  start(): Promise<void>
  /** `by`: who did it, as the journal of the tills says; `operator` where nobody can sign in. */
  registerTill(name: string, by?: string): Promise<Outcome<NewTill, 'till.disk_full'>>
  /** For a till that was lost or stolen: its key counts for nothing from now on. */
  revokeTill(till: string, by?: string, why?: string): ReturnType<Enrolment['revoke']>
  renewCode(till: string, by?: string): ReturnType<Enrolment['renewCode']>
  tillFile(id: string): Promise<TillFile | undefined>
  enrol: (body: unknown) => ReturnType<Enrolment['enrol']>
  /** The same work over another store: for who adds to what is committed. */
  recoveryOver(store: HubStore): Recovery
  /** What is known about a payment id, a refund id or a receipt number. */
  trace(key: string): Promise<HubTrace>
  /** Another machine is the store's edge from now on, or none. */
  configureEdge(edge: EdgeFile): Promise<void>
  /** Takes an export of a till's journal: see `importJournal`. */
  import(chunks: AsyncIterable<Uint8Array>): Promise<Outcome<Imported>>
  /** What tills sell, and what changes it. */
  readonly catalogue: Omit<CatalogueDesk, 'signed' | 'chunk' | 'staffed'>
  /** Gift cards that the shop makes, and credit that waits for a person. */
  readonly credits: CreditDesk
  /** Who works at the tills. */
  readonly staff: StaffDesk
  /** With whom the hub settles, and how what they sold gets to their banks. */
  readonly merchants: Merchants
  readonly settlement: Settlement
  /** Money that waits for a delivery. */
  readonly escrows: Escrows
  readonly risk: Risk | undefined
  /** How tills are, and what of it needs a person. */
  readonly fleet: Omit<Fleet, 'start' | 'offer' | 'look' | 'watchFor' | 'idle'>
  looseReturns(): Promise<LooseReturns>
  /** The card of a new customer. */
  newCard(): Outcome<NewCard>
  /** The till that signed this text of a receipt; undefined: none of this hub did. */
  /** Receipts that customers wanted sent. */
  readonly receipts: Pick<ReceiptDesk, 'state' | 'erase' | 'eraseAddress'> | undefined
  signerOfReceipt(text: string): Promise<string | undefined>
  /** A phone pays for what a till shows. */
  readonly payByPhone: PayByPhone
  readonly quoteForPhone: QuoteForPhone
  readonly rates: Rates | undefined
  /** What tills may do without the hub. */
  readonly policy: Omit<Policies, 'desk' | 'denied'>
  /** Of each till that the hub may not have heard everything from: what it has yet to tell is younger than this. */
  silentSince(): Promise<readonly EpochMs[]>
  /** Resolves when every batch that was offered is in custody, settled and answered. */
  idle(): Promise<void>
  /** Resolves when the acquirer has answered all that is due. */
  cardsIdle(): Promise<void>
  /** Calls back when something that the console shows has changed; returns a function that stops it. */
  onChange(listener: () => void): () => void
  /** For those who change what the console shows beside the hub, such as the demo's wallets. */
  changed(): void
  /** Finishes what is under way. The caller closes what it opened. */
  stop(): Promise<void>
}

/** How often holds are looked at for their end. */
const SWEEP_EVERY = 1 * MINUTE
/** Tills get policies with a later end long before the old ones end. */
const REFRESH_EVERY = 6 * HOUR
const LOOK_EVERY = 5 * MINUTE
/** Who acts where nobody can sign in. */
const OPERATOR = 'operator'

export function createHub(ports: HubPorts): Hub {
  const { clock, timers, store, copy, keys, carrier, shop, crypto, warn } = ports
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const ackSigner = () => keys.signer('ack')

  const desk = createCatalogueDesk({
    clock,
    crypto,
    keys,
    shop,
    file: ports.catalogueFile,
    changed() {
      link.refresh()
      changed()
    },
  })
  const staff = createStaffDesk({ crypto, clock, file: staffOf(shop, ports.staffFile), changed: (people) => desk.staffed(people) })
  const policies = createPolicies({
    clock,
    crypto,
    store,
    keys,
    shop,
    kept: ports.policyKeeping,
    changed() {
      link.refreshPolicies()
      changed()
    },
    denied: (before) => link.sendAll('deny', policies.denied.messageFor(before)),
  })
  const merchants = createMerchants({ store, clock })
  const exchange = ports.exchange && createExchange({ clock, crypto, store, currency: shop.currency, ackSigner, changed, warn, ...ports.exchange })
  const shopkeeper = {
    merchant: shop.merchant.id,
    currency: shop.currency,
    get terms() {
      return merchants.find(shop.merchant.id)?.terms
    },
    acquirer: ports.cards?.acquirer.id,
    schemes: ports.alipay === undefined ? [] : (['alipay'] as const),
    get duplicateBorneBy() {
      return policies.desk.current.rules.duplicateBorneBy
    },
    policy: {
      // What was paid before it was reported lost is paid.
      denies: (name: DeniedName, at: EpochMs) => at >= (policies.denied.deniedAt(name) ?? Infinity),
      judge: judgeAcceptances(policies.desk, policies.denied, shop.currency),
    },
    get perShownCodeMinor() {
      return policies.desk.mostShownMinor()
    },
    returns: shop.returns,
    creditPerDayMinor: shop.credits?.perDayMinor,
    foreignCash: shop.foreignCash,
    exchange: exchange?.rates,
    cashRoundingMinor: shop.cashRoundingMinor,
    loyalty: shop.loyalty,
    get staff() {
      return staff.known()
    },
  }
  const moved = () => {
    changed()
    cardDesk?.wake()
    escrows.wake()
  }
  const heard = () => {
    moved()
    settling.wake()
  }
  const risk = ports.risk && createRisk({ clock, timers, crypto, store, keys, shop: shopkeeper, changed: heard, warn }, ports.risk)
  const settling = createSettling({
    clock,
    timers,
    crypto,
    store,
    warn,
    changed: moved,
    ackSigner,
    risk: risk?.desk,
    shop: shopkeeper,
    prove: ports.prove,
    sendDecision: (till, kind, message) => link.send(till, kind, message),
    busyUntil: () => custody.busyUntil,
  })
  const merchantPay = createMerchantPay({
    clock,
    crypto,
    store,
    shop: shopkeeper,
    prove: ports.prove,
    ackSigner,
    sendReceipt: (till, receipt) => link.send(till, 'paid', receipt),
    quoting: exchange?.quoting,
    sendQuote: (till, quote) => link.send(till, 'quote', quote),
    changed,
  })
  const custody = createCustody({
    clock,
    crypto,
    store,
    copy,
    warn,
    ackSigner,
    sendAck(till, ack) {
      link.send(till, 'ack', ack)
      const reached = link.stateOf(till)
      if (reached?.state === 'online') merchantPay.repeatTo(till, reached.since)
      changed()
    },
    stored: settling.wake,
    repeated: (till) => answering.repeatTo(till),
    rekeyed: () => answering.also(tellLanes()),
  })
  const lanes = createLanesDesk({ store, keys, shop })
  const tellLanes = async (edge?: EdgeFile): Promise<void> => {
    if (await lanes.refresh(edge)) link.refreshLanes()
  }
  const fleet = createFleet({
    clock,
    crypto,
    store,
    keys,
    shop,
    releases: ports.releases,
    linkOf: (till) => link.stateOf(till),
    tell: (till) => link.tellWatch(till),
    changed,
    warn,
  })
  const link = createHubLink({
    clock,
    carrier,
    keys,
    policies: policies.desk,
    desk,
    lanes,
    fleet,
    changed,
    received(till, message) {
      if (answering.hear(till, message)) return
      if (isAddressKey(message)) receipts?.offer(till, message)
      else if (isSealedJournal(message)) peerCopies.offer(till, message)
      else custody.offer(till, message)
    },
  })
  const answering = createAnswering({ clock, crypto, store, keys, shop, carrier, ackSigner, policies, desk, link })
  const peerCopies = createPeerCopies({
    crypto,
    clock,
    store,
    custody,
    keys,
    ackSigner,
    send: (till, message) => link.send(till, 'copied', message),
    ...(ports.openExport && { open: ports.openExport }),
  })
  const receipts =
    ports.sending &&
    createReceiptDesk({
      clock,
      crypto,
      store,
      keys,
      shop,
      ...ports.sending,
      ackSigner,
      answer: (till, message) => link.send(till, 'addressed', message),
      changed,
      warn,
    })
  const enrolment = createEnrolment({ clock, crypto, store, keys, shop, desk, policies: policies.desk, carrier })
  const views = createOverview({
    store,
    clock,
    shop,
    version: ports.version,
    startedAt: clock.now(),
    safeOf: custody.safeOf,
    linkOf: link.stateOf,
    acquirer: ports.cards?.acquirer,
    alipay: ports.alipay,
    asksRisk: risk !== undefined,
  })

  const credits = createCreditDesk({ clock, crypto, store, keys, shop: shopkeeper, changed: moved })
  const settlement = createSettlement({ clock, timers, crypto, store, merchants, merchant: shop.merchant.id, changed, warn })
  const escrows = createOrders({ clock, timers, crypto, store, shop: shopkeeper, changed, warn })
  const recovery = createRecovery({ clock, store, shop: shopkeeper, changed: moved })
  const acquirers = [ports.cards?.acquirer, ports.alipay].filter((acquirer) => acquirer !== undefined)
  const cardDesk =
    acquirers.length === 0
      ? undefined
      : createCardDesk({
          clock,
          timers,
          store,
          acquirers,
          keyService: ports.cards?.keyService,
          bench: benchOf({ shop: shopkeeper, crypto, ackSigner }),
          sendDecision: (till, message) => link.send(till, 'decision', message),
          changed,
          warn,
        })

  const sweeps = createEvery(timers)

  return {
    ...views,
    trace: (key) => traceAtHub({ store, views, safeOf: custody.safeOf }, key),
    ...recovery,
    recoveryOver: (over) => createRecovery({ clock, store: over, shop: shopkeeper, changed: moved }),
    async start() {
      await reconcileCopy({ store, copy, crypto, warn })
      await openOwnAccounts(store, shop)
      await merchants.start([ports.firstTerms ?? firstTerms(shop)])
      await settlement.start()
      await lanes.refresh(ports.edge)
      await fleet.start()
      const tills = await store.tills()
      link.start(tills.filter(isInUse).map(({ id }) => id))
      // Behind everything else, for as long as it takes: whoever closes the copy ends it.
      void copy.verify().then((whole) => (whole ? undefined : custody.catchUp()))
      await risk?.start()
      settling.wake()
      receipts?.start()
      cardDesk?.wake()
      settlement.wake()
      escrows.wake()
      await exchange?.start()
      sweeps.every(SWEEP_EVERY, () => {
        exchange?.wake()
        settling.wake()
        settlement.wake()
        escrows.wake()
        risk?.wake()
        cardDesk?.wake()
        fleet.look()
      })
      let refreshedAt = clock.monotonic()
      sweeps.every(LOOK_EVERY, () => {
        // A policy is replaced when a third of its time is over, so that a till which was away for a moment is never left with one that has ended.
        if (clock.monotonic() - refreshedAt < Math.min(REFRESH_EVERY, policies.desk.current.rules.validForMs / 3)) return
        refreshedAt = clock.monotonic()
        keys.renew()
        link.refresh()
      })
    },
    async revokeTill(till, by = OPERATOR, why) {
      const revoked = await enrolment.revoke(till, by, why)
      if (revoked.ok) {
        carrier.cutOff?.(till)
        link.remove(till)
      }
      await tellLanes()
      changed()
      return revoked
    },
    async registerTill(name, by = OPERATOR) {
      const registered = await enrolment.register(name, by)
      changed()
      return registered
    },
    async renewCode(till, by = OPERATOR) {
      const renewed = await enrolment.renewCode(till, by)
      changed()
      return renewed
    },
    tillFile: (id) => tillFile({ clock, crypto, store, shop, policies: policies.desk, safeOf: custody.safeOf }, id),
    async enrol(body) {
      const enrolled = await enrolment.enrol(body)
      if (enrolled.ok) {
        await tellLanes()
        link.add(enrolled.value.till)
        // Another one shares the store's cap.
        if (policies.desk.current.rules.storeMinor !== undefined) link.refreshPolicies()
      }
      changed()
      return enrolled
    },
    catalogue: desk,
    credits,
    payByPhone: merchantPay.pay,
    quoteForPhone: merchantPay.quote,
    rates: exchange?.rates,
    policy: policies,
    staff,
    merchants,
    settlement,
    escrows,
    risk,
    fleet,
    receipts,
    signerOfReceipt: (text) => signerOfReceipt({ store, crypto }, text),
    newCard: () => newCard({ crypto, clock, keys, loyalty: shop.loyalty }),
    looseReturns: () => looseReturns({ store, clock, currency: shop.currency, nameOf: (id) => staff.nameOf(id) }),
    import: (chunks) => importJournal({ keys, offer: offerTo(custody, store) }, chunks),
    configureEdge: tellLanes,
    silentSince: () => silentSince(store, link.stateOf, clock.now()),
    cardsIdle: () => cardDesk?.idle() ?? Promise.resolve(),
    async idle() {
      await peerCopies.idle()
      await custody.idle()
      await settling.idle()
      await receipts?.idle()
      await fleet.idle()
      await answering.idle()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    changed,
    async stop() {
      sweeps.stop()
      await peerCopies.idle()
      await custody.stop()
      await settling.stop()
      await settlement.stop()
      await escrows.stop()
      await risk?.stop()
      await exchange?.idle()
      await receipts?.idle()
      await fleet.idle()
      await cardDesk?.stop()
      await answering.idle()
    },
  }
}
