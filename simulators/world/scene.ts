import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, packed, readEnrolmentCode, statedIn } from '#protocol/hub/messages.ts'
import type { Signer } from '#protocol/crypto.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Id } from '#protocol/ids.ts'
import type { Minor } from '#protocol/money.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import { DAY, HOUR, MINUTE, SECOND, type DurationMs, type EpochMs } from '#protocol/time.ts'
import { createDemoWallets, type DemoWallets } from '../../hub/demo-wallets.ts'
import { worthIn } from '../../hub/exchange/rates.ts'
import type { Shop } from '../../hub/shop.ts'
import { applyTransfer } from '../../hub/ledger/ledger.ts'
import { walletAccount } from '../../hub/ledger/names.ts'
import { Authority } from '../../terminal/core/authority.ts'
import type { TillIdentity } from '../../terminal/core/ports.ts'
import { BankSide } from './bank-side.ts'
import { CardBank } from './card-bank.ts'
import { Disputes } from './money-disputes.ts'
import { PhonesAtHub } from './phone-work.ts'
import { SchemeBank } from './scheme-bank.ts'
import { Scheduler, WORLD_BEGINS } from './clock.ts'
import { Customer, type GenuineCode, type Wallet } from './customer.ts'
import { Disk } from './disk.ts'
import { ExchangeWork, FOREIGN_CURRENCY, FOREIGN_FUNDS, WorldRates } from './exchange-world.ts'
import { worldLoyalty } from './goods-work.ts'
import { HubMachine, type HubBug, type RunningHub } from './hub-machine.ts'
import { HubWatch } from './hub-watch.ts'
import { WorldCrypto } from './keys.ts'
import type { Durability } from '../../terminal/core/store.ts'
import { LaneNet } from './lane-net.ts'
import { capturedIn, Losses } from './losses.ts'
import { Line } from './network.ts'
import { Receipts } from './desk-work.ts'
import { Random } from './random.ts'
import { CREDENTIAL_LIFETIME, Phones } from './phones.ts'
import { PolicyWatch } from './policy-watch.ts'
import { promotionsFor } from './sale-watch.ts'
import { products } from './shelf.ts'
import { worldTenders } from './tender-work.ts'
import { worldStaff } from './staff.ts'
import { Thief } from './thief.ts'
import { TillMachine, type TillBug } from './till-machine.ts'
import { TillWatch } from './till-watch.ts'
import { Trace } from './trace.ts'
import { WorldVault } from './vault.ts'

/** Test-only: a fault that is planted between the production code and its ports, and that the watchers must find. */
export type Bug = {
  readonly till?: () => TillBug
  readonly hub?: HubBug
  /** How tills open their stores, if not as they must. */
  readonly durability?: Durability
}

export type SceneOptions = {
  readonly seed: number
  readonly bug?: Bug
  readonly staffed?: boolean
  /** The hub asks itself whether payments are fraud. */
  readonly thinks?: boolean
  readonly lanes?: LaneTerms
  readonly listener?: (line: string) => void
}

/** The tills are lanes of one store: with an edge between them, and so much that all may take together without the hub. `capped`: it is really in their policies. */
export type LaneTerms = { readonly storeMinor: Minor; readonly capped: boolean; readonly validForMs?: DurationMs }

export const SHOW_CAP = 2000
const UPDATE_TAKES: DurationMs = 3 * SECOND

/** Low caps, so that a few sales reach them. */
const shop: Shop = {
  merchant: { id: '01900000-0000-7000-8000-000000000001', name: 'Simulated Shop' },
  store: { id: '01900000-0000-7000-8000-000000000002', name: 'Nowhere' },
  currency: 'EUR',
  policy: {
    version: 1,
    validForMs: 10 * DAY,
    storeMinor: 60_000,
    denyListMaxAgeMs: 3 * DAY,
    offline: {
      perPaymentMinor: 4000,
      perShownCodeMinor: SHOW_CAP,
      perInstrumentMinor: 5000,
      perTillMinor: 9000,
      maxOfflineMs: DAY,
      instruments: { card: { perPaymentMinor: 3000, perInstrumentMinor: 4000, perInstrumentCount: 3 } },
    },
    holdWaitMs: 1500,
    duplicateBorneBy: 'issuer',
  },
  catalogueVersion: 1,
  cashRoundingMinor: 5,
  products: [...products],
  loyalty: worldLoyalty,
  ...worldTenders,
  merchantQr: { merchantCity: 'Nowhere', country: 'DE', categoryCode: '5411' },
  promotions: promotionsFor('9520000000011'),
  credits: { perDayMinor: 20_000 },
  returns: { inCash: true, asCredit: true, withoutReceipt: { cashMinor: 1500, creditMinor: 3000 } },
  labels: ['20IIIIIPPPPPC', '21IIIIIWWWWWC'],
}

/** `capped`: the cap is really in its policy. */
function shopWith({ storeMinor, capped, validForMs = shop.policy.validForMs }: LaneTerms): Shop {
  const { storeMinor: _, ...policy } = shop.policy
  return { ...shop, policy: { ...policy, validForMs, ...(capped && { storeMinor }) } }
}

/** Lets every promise that can go on go on. The hub waits for nothing but its ports, so after this it waits for virtual time. */
const letPromisesRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * One shop on one virtual time: a production hub and production tills on simulated machines, customers with phones, and watchers who look
 * over everybody's shoulder.
 */
export class Scene {
  readonly products = products
  readonly shop = shop
  readonly currency = shop.currency
  readonly scheduler = new Scheduler()
  readonly random: Random
  readonly crypto = new WorldCrypto()
  readonly trace: Trace
  readonly tillWatch: TillWatch
  readonly policyWatch: PolicyWatch
  readonly hubWatch: HubWatch
  readonly hub: HubMachine
  readonly bank: CardBank
  /** The hub's own bank. In the other worlds somebody says of payouts whatever comes to his mind. */
  readonly bankSide: BankSide | undefined
  readonly disputes: Disputes
  readonly schemes: SchemeBank
  readonly phonesAtHub: PhonesAtHub
  readonly phones: Phones
  /** Somebody whose wallet is in another currency, once the hub knows it. */
  foreigner: Customer | undefined
  readonly exchange: ExchangeWork
  readonly rates: WorldRates
  readonly vault: WorldVault
  /** The store's edge, where its tills have one. */
  readonly lanes: LaneNet | undefined
  readonly tills: TillMachine[] = []
  /** Reset or stolen: they never start again. */
  readonly retired: TillMachine[] = []
  readonly wallets: Wallet[] = []
  readonly customers: Customer[] = []
  readonly receipts = new Receipts()
  /** How long a machine stays off. Undefined: until somebody switches it on. */
  repairTime: (() => DurationMs) | undefined
  readonly losses: Losses
  readonly #bug: Bug
  #topUps = 0
  /** In some worlds so little that slices are what stops a till. */
  readonly #storeMinor: Minor
  readonly #codes = new Map<string, GenuineCode>()
  /** By the nonce of the request and the wallet. */
  readonly #confirmed = new Map<string, GenuineCode>()

  constructor({ seed, bug = {}, staffed = false, thinks = false, lanes, listener }: SceneOptions) {
    this.#bug = bug
    this.random = new Random(`seed ${seed}`)
    this.#storeMinor = this.random.split('store').pick([8000, 60_000])
    this.trace = new Trace(() => this.scheduler.now, listener)
    const port = this.crypto.port(this.random.split('watch'))
    if (lanes !== undefined) this.lanes = new LaneNet(this.scheduler, this.random.split('edge'))
    const law = {
      lends: lanes !== undefined,
      showCapMinor: SHOW_CAP,
      genuine: (text: string) => this.genuine(text),
      tookFromCard: (id: string, amount: bigint) => this.bank.chargedFor(id) >= amount || this.schemes.chargedFor(id) >= amount,
      now: () => this.scheduler.now,
      hubTimeWasWrong: () => this.hub.clock.wasWrong,
      isLost: (code: GenuineCode) => this.phones.isLost(code),
      paid: (code: GenuineCode) => this.phones.paid(code),
      confirmedAbroad: (code: GenuineCode) => this.exchange.confirmed.get(code.confirmed?.nonce ?? '') ?? [],
    }
    this.vault = new WorldVault(this.crypto, this.random.split('keys'))
    this.hubWatch = new HubWatch(this.trace, port, { ...law, ackKey: (keyId) => this.vault.ackKey(keyId) })
    const goods = products.map(({ gtin }) => gtin)
    const said = (bytes: Uint8Array) => this.hubWatch.acks.get(bytes)
    this.policyWatch = new PolicyWatch(this.trace)
    this.tillWatch = new TillWatch({ policy: this.policyWatch, trace: this.trace, crypto: port, scheduler: this.scheduler, law, staffed, goods, said })
    this.losses = new Losses({ trace: this.trace, tills: this.tillWatch, hub: this.hubWatch, copied: () => capturedIn(this.hub.copied) })
    this.bank = new CardBank(this.scheduler, this.random.split('bank'), this.trace)
    const aShop = {
      ...shopWith(lanes ?? { storeMinor: this.#storeMinor, capped: true, validForMs: this.random.split('validity').pick([3 * HOUR, 10 * DAY]) }),
      ...(staffed && { staff: [...worldStaff] }),
    }
    this.schemes = new SchemeBank(this.scheduler, this.random.split('schemes'), this.trace)
    this.rates = new WorldRates(this.random.split('rates'), () => this.now())
    this.hub = new HubMachine({
      exchange: this.rates.ports,
      refundRate: this.random.split('refund rate').pick(['original', 'today'] as const),
      schemes: this.schemes,
      scheduler: this.scheduler,
      random: this.random.split('hub'),
      crypto: this.crypto.port(this.random.split('hub ids')),
      trace: this.trace,
      vault: this.vault,
      shop: aShop,
      watch: this.hubWatch,
      bank: this.bank,
      policy: this.policyWatch,
      stopped: () => this.#repair(() => void this.hub.start()),
      thinks,
      ...(bug.hub === undefined ? {} : { bug: bug.hub }),
    })
    this.disputes = new Disputes({ hub: this.hub, bank: this.bank, trace: this.trace, now: () => this.now() }, this.random.split('disputes'))
    this.bankSide = this.random.split('bank side').chance(0.5) ? new BankSide(this, this.random.split('files of the bank')) : undefined
    this.phonesAtHub = new PhonesAtHub(this.hub, this.trace, this.hubWatch.moves)
    this.exchange = new ExchangeWork(this.hub, this.phonesAtHub, this.trace, this.hubWatch.moves)
    this.phones = new Phones({
      hub: this.hub,
      shop: aShop,
      policy: this.policyWatch,
      crypto: (from) => this.crypto.port(from),
      signer: (name) => this.crypto.signer(name),
      welcome: ({ wallet: owner }, name, signer, { credential }) =>
        void this.#welcome({ ...owner, name, signer, credential: Buffer.from(credential, 'hex'), isFirst: false }),
    })
  }

  now(): EpochMs {
    return WORLD_BEGINS + this.scheduler.now
  }

  /** The code as its phone made it, if one did. */
  genuine(text: string): GenuineCode | undefined {
    return text.startsWith('receipt ') ? this.#confirmedFor(text) : this.#codes.get(text)
  }

  /** What the hub signed for a phone is as genuine as the confirmation that this phone made of the same request. */
  #confirmedFor(text: string): GenuineCode | undefined {
    const receipt = statedIn(text.slice('receipt '.length))
    const code = receipt && this.#confirmed.get(`${receipt.nonce} ${receipt.wallet}`)
    return code && { ...code, text }
  }

  /** Lets time pass, and everything happen that is due in it. */
  async pass(duration: DurationMs): Promise<void> {
    const until = this.scheduler.now + duration
    do if (this.hub.wasEntered()) await letPromisesRun()
    while (this.scheduler.next(until))
  }

  // ---------------------------------------------------------------- machines

  /** As `terminal/core/enrolling.ts` does it, without the HTTP between. */
  async enrol(name: string): Promise<{ readonly identity: TillIdentity; readonly documents: readonly (readonly ['keys' | 'policy' | 'catalogue', string])[] }> {
    const { hub } = this.#running()
    const registered = await hub.registerTill(name)
    invariant(registered.ok, 'a till can be registered')
    const signer = this.crypto.signer(`till ${name}`)
    const code = readEnrolmentCode(registered.value.code)
    invariant(code.ok, 'the hub makes readable codes')
    const proof = packed.text(encodeSigned(signer, signedTypes.enrolment, { v: 1, code: code.value.secret, publicKey: hex(signer.publicKey) }))
    const enrolled = await hub.enrol({ v: 1, proof })
    invariant(enrolled.ok, 'a till can be enrolled')
    const { till, answer } = enrolled.value
    const rootPublicKey = packed.key(answer.rootPublicKey)
    invariant(rootPublicKey !== undefined, 'the hub has a root key')
    return {
      identity: { till, name, signer, rootPublicKey },
      documents: [
        ['keys', answer.keySet],
        ['policy', answer.policy],
        ['catalogue', answer.catalogue],
      ],
    }
  }

  async addTill(name: string): Promise<TillMachine> {
    const { identity, documents } = await this.enrol(name)
    const random = this.random.split(name)
    const crypto = this.crypto.port(random.split('ids'))
    const disk = new Disk()
    const line = new Line(this.scheduler, random.split('line'), this.hub, identity.till)
    const bug = this.#bug.till?.()
    const machine = new TillMachine({
      identity,
      scheduler: this.scheduler,
      random,
      crypto,
      line,
      disk,
      witness: this.tillWatch,
      stopped: (stopped) =>
        this.#repair(() => {
          if (!this.retired.includes(stopped)) stopped.start()
        }),
      left: (left, reason) => this.#left(left, reason),
      durability: this.#bug.durability ?? 'FULL',
      ...(this.lanes === undefined ? {} : { lanes: this.lanes }),
      ...(bug === undefined ? {} : { bug }),
    })
    this.tillWatch.add(machine)
    const authority = new Authority(crypto, disk.open(), identity.till, identity.rootPublicKey)
    for (const [kind, document] of documents) {
      if (kind === 'policy') this.policyWatch.says(identity.till, packed.bytes(document), this.scheduler.now)
      invariant(authority.accept(kind, packed.bytes(document)).ok, `the till takes its ${kind}`)
    }
    this.hub.addLine(identity.till, line)
    this.tills.push(machine)
    return machine
  }

  /** Given up with everything on it in good order; the shop goes on without it. */
  retire(machine: TillMachine): void {
    this.trace.note(`${machine.name} is retired`)
    this.retired.push(machine)
    this.losses.retires(machine)
    this.tills.splice(this.tills.indexOf(machine), 1)
  }

  steal(machine: TillMachine, random: Random): boolean {
    if (this.tills.length < 2 || !this.tills.includes(machine)) return false
    machine.cutPower('stolen')
    this.retire(machine)
    machine.disk.restore({ entries: [], records: new Map(), payments: new Map() })
    this.losses.ofTill(machine)
    new Thief(this, random.split('thief'), machine).begin()
    return true
  }

  #left(machine: TillMachine, reason: 'update' | 'reset'): void {
    if (reason === 'reset') this.retire(machine)
    else this.scheduler.after(UPDATE_TAKES, () => machine.start())
  }

  /** Somebody notices, and switches it on again. */
  #repair(start: () => void): void {
    const delay = this.repairTime?.()
    if (delay !== undefined) this.scheduler.after(delay, start)
  }

  #running() {
    const { running } = this.hub
    invariant(running !== undefined, 'the scene is set while the hub is up')
    return running
  }

  // ---------------------------------------------------------------- people

  /** A customer whom the hub knows, with money. */
  async addCustomer(name: string, fundsMinor: number): Promise<Customer> {
    const bank = this.#bank(this.#running(), fundsMinor, this.random.split(`wallet of ${name}`))
    const signer = this.crypto.signer(`phone ${name}`)
    const opened = await bank.open(hex(signer.publicKey), name)
    invariant(opened.ok, 'a wallet can be opened')
    const { wallet, currency, credential } = opened.value
    return this.#welcome({ name, wallet, currency, fundedMinor: fundsMinor, credential: Buffer.from(credential, 'hex'), signer })
  }

  /** A customer from abroad, who is in nobody's street: he pays at the hub alone. */
  async addForeigner(): Promise<void> {
    const running = this.#running()
    await running.hub.rates?.look()
    const signer = this.crypto.signer('phone from abroad')
    const bank = this.#bank(running, FOREIGN_FUNDS, this.random.split('wallet from abroad'))
    const opened = await bank.open(hex(signer.publicKey), 'abroad', FOREIGN_CURRENCY)
    invariant(opened.ok, 'a wallet can be opened')
    const { wallet, currency, credential, balanceMinor } = opened.value
    const purse = { name: 'abroad', wallet, currency, fundedMinor: balanceMinor, credential: Buffer.from(credential, 'hex'), signer }
    this.rates.troubled = true
    this.foreigner = new Customer(purse, this.random.split('customer from abroad'), (code) => this.#made(code))
  }

  #bank(running: RunningHub, fundsMinor: number, random: Random): DemoWallets {
    const crypto = this.crypto.port(random)
    const lender = this.phones.lender(running, crypto)
    const worthOf = worthIn(shop.currency, running.hub.rates)
    return createDemoWallets({ clock: this.hub.clock, crypto, store: running.store, lender, shop, fundsMinor, worthOf, changed: () => {} })
  }

  /** Somebody's phone gets its next credential, somebody takes one more phone, or has lost one. */
  phone(random: Random): void {
    const mine = this.customers.filter(({ wallet }) => wallet.fundedMinor > 0 && wallet.name !== LAST)
    const customer = random.pick(mine)
    const others = mine.filter(({ wallet }) => wallet.wallet === customer.wallet.wallet)
    switch (random.weighted({ refresh: 5, join: 2, lost: others.length > 1 ? 2 : 0 })) {
      case 'refresh':
        return this.phones.refresh(customer, random)
      case 'join':
        return this.phones.join(customer, random)
      case 'lost':
        return this.phones.report(customer, random.pick(others), random)
    }
  }

  /** A person signs other rules: always such that a till can sell a little alone. */
  signPolicy(random: Random): void {
    const { version: _, ...rules } = shop.policy
    const steps = random.chance(0.3) ? {} : { steps: [{ afterMs: random.pick([10 * SECOND, MINUTE, 3 * HOUR]), capsPpm: random.pick([250_000, 500_000]) }] }
    const offline = { ...rules.offline, ...steps, perTillMinor: random.pick([2000, 9000]), perInstrumentMinor: random.pick([3000, 5000]) }
    const storeMinor = this.#storeMinor * random.pick([1, 1.125])
    // A night may be longer than the shorter of them.
    const validForMs = random.pick([rules.validForMs, 3 * HOUR])
    this.hub.ask(({ hub }) => hub.policy.sign({ ...rules, storeMinor, validForMs, offline }))
  }

  /** The acquirer has taken money for it, whatever the hub believes. */
  isCharged(payment: Id): boolean {
    return this.bank.chargedFor(payment) > 0n
  }

  /** The bank or the shop has talked with somebody about this payment. */
  talkOf(payment: Id): void {
    for (const { journal } of this.tillWatch.tills.values()) {
      const number = journal.payments.get(payment)?.receiptNumber
      if (number !== undefined) this.receipts.talkOf(number)
    }
  }

  /** Somebody has lost their phone, or found it again. */
  deny(random: Random): void {
    const { wallet } = random.pick(this.wallets.filter(({ name }) => name === 'comfortable' || name === 'poor'))
    const name = { kind: 'wallet', id: wallet } as const
    const isFound = this.policyWatch.denied.has(wallet)
    this.policyWatch.everDenied.add(wallet)
    this.hub.ask(async ({ hub }) => {
      if (isFound) this.policyWatch.denied.delete(wallet)
      const { denied } = await (isFound ? hub.policy.allow(name, 'found again') : hub.policy.deny([name], 'lost'))
      if (!isFound) this.policyWatch.denied.set(wallet, denied.version)
    })
  }

  /** Somebody puts money on a wallet: whoever needs it. */
  topUp(random: Random): void {
    const { wallet } = random.pick(this.wallets.filter(({ fundedMinor }) => fundedMinor > 0 && fundedMinor < 50_000))
    this.putMoneyOn(wallet, random.between(500, 5000))
  }

  /** If the bank knows the wallet. */
  putMoneyOn(wallet: string, amountMinor: Minor): void {
    const amount = BigInt(amountMinor)
    const id = `${wallet}/top-up/${++this.#topUps}`
    this.hub.ask(async ({ store }) => {
      const accounts = await store.get('accounts', [`demo-bank/${this.currency}`, walletAccount(wallet)])
      const books = { account: (asked: string) => accounts.find((account) => account.id === asked), transfer: () => undefined }
      const applied = applyTransfer(
        books,
        { kind: 'single', id, debit: `demo-bank/${this.currency}`, credit: walletAccount(wallet), amount },
        this.hub.clock.now(),
      )
      // If somebody was quicker, they try another day.
      if (applied.ok) await store.commit({ accounts: applied.value.accounts, transfers: applied.value.transfers })
    })
  }

  /** A customer for whom the hub has no account, with a credential by a key of this name; `wallet` is the pseudonym in it. */
  addUnfunded(name: string, currency: string, issuer: Signer, wallet?: string): Customer {
    const random = this.random.split(`wallet of ${name}`)
    const signer = this.crypto.signer(`phone ${name}`)
    const pseudonym = wallet ?? hex(random.bytes(16))
    const credential = issueCredential(issuer, {
      wallet: pseudonym,
      credentialId: hex(random.bytes(8)),
      devicePublicKey: hex(signer.publicKey),
      currency,
      perPaymentLimitMinor: 5000,
      totalLimitMinor: 8000,
      issuedAtMs: WORLD_BEGINS - HOUR,
      expiresAtMs: WORLD_BEGINS + CREDENTIAL_LIFETIME,
    })
    return this.#welcome({ name, wallet: pseudonym, currency, fundedMinor: 0, credential, signer })
  }

  #made(code: GenuineCode): void {
    this.#codes.set(code.text, code)
    if (code.confirmed !== undefined) this.#confirmed.set(`${code.confirmed.nonce} ${code.wallet}`, code)
  }

  #welcome(wallet: Wallet): Customer {
    const customer = new Customer(wallet, this.random.split(`customer ${wallet.name}`), (code) => {
      // A credential that no issuer signed makes no code genuine.
      if (wallet.name !== STRANGER) this.#made(code)
    })
    if (wallet.name !== STRANGER && wallet.isFirst !== false) this.wallets.push(wallet)
    this.customers.push(customer)
    return customer
  }
}

/** Who waits outside until everything has come right. */
export const LAST = 'last'
/** Whose credential is signed by nobody whom the hub knows, and names the wallet of somebody else. */
export const STRANGER = 'stranger'
