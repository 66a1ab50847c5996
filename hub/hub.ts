import { createCatalogueDesk, type CatalogueDesk, type CatalogueFile } from './catalogue/desk.ts'
import { isWanted, wantedChunk } from './catalogue/wanted.ts'
import { createCustody } from './intake/custody.ts'
import type { EntryCopy } from './intake/copy.ts'
import type { Prove } from './intake/proof.ts'
import { reconcileCopy } from './intake/second-copy.ts'
import { createSettling } from './intake/settling.ts'
import { createRecovery, type Recovery } from './intake/recovery.ts'
import { createEnrolment, type Enrolment } from './enrolment.ts'
import { createOverview, type HubViews } from './overview.ts'
import { importJournal, offerTo, type Imported } from './journal-import.ts'
import type { HubKeys } from './keys.ts'
import { openAccount } from './ledger/ledger.ts'
import { merchantAccount } from './ledger/names.ts'
import type { Carrier } from './link/carrier.ts'
import { createHubLink } from './link/hub-link.ts'
import type { Shop } from './shop.ts'
import type { HubStore } from './store/hub-store.ts'
import { traceAtHub } from './trace.ts'
import type { Crypto } from '#protocol/crypto.ts'
import type { NewTill } from '#protocol/hub-api/overview.ts'
import type { HubTrace } from '#protocol/hub-api/trace.ts'
import type { Outcome } from '#protocol/outcome.ts'
import { HOUR, MINUTE, type Clock, type Timers } from '#protocol/time.ts'

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
  readonly prove: Prove
  readonly version: string
  /** For the operator's log. Nothing secret comes here. */
  warn(line: string): void
}

export interface Hub extends HubViews, Recovery {
  /** Opens custody. Throws when database and second copy contradict each other. */
  start(): Promise<void>
  registerTill(name: string): Promise<Outcome<NewTill, 'till.disk_full'>>
  /** For a till that was lost or stolen: its key counts for nothing from now on. */
  revokeTill: Enrolment['revoke']
  enrol: (body: unknown) => ReturnType<Enrolment['enrol']>
  /** What is known about a payment id, a refund id or a receipt number. */
  trace(key: string): Promise<HubTrace>
  /** Takes an export of a till's journal: see `importJournal`. */
  import(chunks: AsyncIterable<Uint8Array>): Promise<Outcome<Imported>>
  /** What tills sell, and what changes it. */
  readonly catalogue: Pick<CatalogueDesk, 'state' | 'preview' | 'apply'>
  /** Resolves when every batch that was offered is in custody, settled and answered. */
  idle(): Promise<void>
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
const MAX_REPEATED_DECISIONS = 20

export function createHub(ports: HubPorts): Hub {
  const { clock, timers, store, copy, keys, carrier, shop, crypto, warn } = ports
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const ackSigner = () => keys.signer('ack')

  const desk = createCatalogueDesk({
    crypto,
    keys,
    shop,
    file: ports.catalogueFile,
    changed() {
      link.refresh()
      changed()
    },
  })
  const shopkeeper = { merchant: shop.merchant.id, currency: shop.currency, perShownCodeMinor: shop.policy.offline.perShownCodeMinor, staff: shop.staff }
  const settling = createSettling({
    clock,
    timers,
    crypto,
    store,
    warn,
    changed,
    ackSigner,
    shop: shopkeeper,
    prove: ports.prove,
    sendDecision: (till, kind, message) => link.send(till, kind, message),
    busyUntil: () => custody.busyUntil,
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
      changed()
    },
    stored: settling.wake,
    repeated: (till) => answer(repeatNow(till)),
  })
  const link = createHubLink({
    clock,
    carrier,
    keys,
    shop,
    desk,
    changed,
    received(till, message) {
      if (isWanted(message)) answer(sendChunk(till, message))
      else custody.offer(till, message)
    },
  })
  const enrolment = createEnrolment({ clock, crypto, store, keys, shop, desk, carrier })
  const views = createOverview({ store, clock, shop, version: ports.version, startedAt: clock.now(), safeOf: custody.safeOf, linkOf: link.stateOf })

  const recovery = createRecovery({ clock, store, shop: shopkeeper, changed })

  /** A till that repeats itself may have missed the answer about a payment or refund that it still waits with. */
  const answers = new Set<Promise<void>>()
  function answer(answering: Promise<void>): void {
    const ended = answering.finally(() => answers.delete(ended))
    answers.add(ended)
  }
  async function sendChunk(till: string, message: Uint8Array): Promise<void> {
    const chunk = await wantedChunk({ crypto, store, desk }, till, message)
    if (chunk !== undefined) link.send(till, 'chunk', chunk)
  }
  async function repeatNow(till: string): Promise<void> {
    for (const decision of await store.openDecisions(till, MAX_REPEATED_DECISIONS)) link.send(till, 'decision', decision)
    for (const decision of await store.openRefundDecisions(till, MAX_REPEATED_DECISIONS)) link.send(till, 'refund', decision)
  }

  let cancelTimers: (() => void)[] = []
  function every(period: number, run: () => void): void {
    let cancel: () => void = () => undefined
    const again = () => {
      cancel = timers.after(period, () => {
        run()
        again()
      })
    }
    again()
    cancelTimers.push(() => cancel())
  }

  return {
    ...views,
    trace: (key) => traceAtHub({ store, views, safeOf: custody.safeOf }, key),
    ...recovery,
    async start() {
      await reconcileCopy({ store, copy, crypto, warn })
      await openOwnAccounts(store, shop)
      const tills = await store.tills()
      link.start(tills.filter(({ publicKey }) => publicKey !== undefined).map(({ id }) => id))
      // Behind everything else, for as long as it takes: whoever closes the copy ends it.
      void copy.verify().then((whole) => (whole ? undefined : custody.catchUp()))
      settling.wake()
      every(SWEEP_EVERY, settling.wake)
      every(REFRESH_EVERY, () => {
        keys.renew()
        link.refresh()
      })
    },
    async revokeTill(till) {
      const revoked = await enrolment.revoke(till)
      if (revoked.ok) carrier.cutOff?.(till)
      changed()
      return revoked
    },
    async registerTill(name) {
      const registered = await enrolment.register(name)
      changed()
      return registered
    },
    async enrol(body) {
      const enrolled = await enrolment.enrol(body)
      if (enrolled.ok) link.add(enrolled.value.till)
      changed()
      return enrolled
    },
    catalogue: desk,
    import: (chunks) => importJournal({ keys, offer: offerTo(custody, store) }, chunks),
    async idle() {
      await custody.idle()
      await settling.idle()
      await Promise.all(answers)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    changed,
    async stop() {
      for (const cancel of cancelTimers) cancel()
      cancelTimers = []
      await custody.stop()
      await settling.stop()
      await Promise.all(answers)
    },
  }
}

async function openOwnAccounts(store: HubStore, { merchant, currency }: Shop): Promise<void> {
  const id = merchantAccount(merchant.id, currency)
  const [existing] = await store.get('accounts', [id])
  if (existing !== undefined) return
  const committed = await store.commit({ accounts: [openAccount({ id, label: merchant.name, currency, side: 'credit', rule: 'none' })] })
  if (committed !== 'done') throw new Error(`the merchant's account could not be opened: ${committed}`)
}
