import { encodeCard } from '#protocol/loyalty/card.ts'
import { readShownRequest } from '#protocol/emvco/merchant-request.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'
import { artifactLines, type ArtifactLines } from './artifacts.ts'
import { BareTill } from './bare-till.ts'
import { Cashier } from './cashier.ts'
import type { Customer } from './customer.ts'
import { givesBackInTime, sellsToPhone } from './calm-phones.ts'
import { CALM } from './network.ts'
import { OtherMake } from './other-make.ts'
import { Rogue } from './rogue.ts'
import { LAST, Scene, STRANGER, type Bug } from './scene.ts'
import { checkSettlement } from './settlement.ts'
import { checkEscrows, workOnEscrows } from './escrow-watch.ts'
import { checkExchanges } from './exchange-world.ts'
import { checkRisk, workOnCases } from './risk-watch.ts'
import { checkOrders, workOnOrders } from './order-work.ts'
import { checkWindows, workOnPayouts } from './settlement-watch.ts'
import { conserve } from '../../hub/bank/conservation.ts'
import type { HubStore } from '../../hub/store/hub-store.ts'
import { openMemoryStore } from '../../hub/store/memory.ts'
import { WORLD_BEGINS } from './clock.ts'
import { managerSignsIn } from './staff.ts'
import type { TillMachine } from './till-machine.ts'
import type { Trace, Violation } from './trace.ts'
import { Trouble } from './trouble.ts'

export type WorldOptions = {
  readonly seed: number
  readonly steps: number
  readonly bug?: Bug
  /** Collects what `--artifacts` writes. */
  readonly artifacts?: boolean
  /** Gets every line of the trace. */
  readonly listener?: (line: string) => void
}

export type WorldResult = {
  readonly seed: number
  /** Empty: all is well. The world stops at the first. */
  readonly violations: readonly Violation[]
  /** Of the whole trace: the same for the same seed, steps and code. */
  readonly hash: string
  /** Which of `allMoves` happened. */
  readonly moves: ReadonlySet<string>
  readonly approved: number
  readonly settled: number
  /** Approved payments that went with a till's disk before the hub had them. */
  readonly lost: number
  readonly artifacts: ArtifactLines | undefined
}

/** Everything comes right within this once nothing goes wrong any more: retries, overdue answers and restarts are all shorter. */
const LONGEST_RECOVERY: DurationMs = 3 * MINUTE

/** In one of so many worlds people sign in and may not do everything. */
const STAFFED_EVERY = 3
/** And in one of so many the hub asks itself whether payments are fraud. */
const THINKING_EVERY = 3

/** Phones go wrong by as much, all of a world by the same. */
const LONGEST_SKEW: DurationMs = 5 * SECOND

/** The policy's wait for the hub is 1.5 s, and a till asks on for 15 s. */
const PATIENCE = { deciding: 5 * SECOND, unknown: 20 * SECOND, confirming: 80 * SECOND }

/** Runs the world of a seed: first everything goes wrong for `steps` steps (safety), then nothing does and everything must come right (liveness). */
export async function runWorld(options: WorldOptions): Promise<WorldResult> {
  const scene = new Scene({ ...options, staffed: options.seed % STAFFED_EVERY === 0, thinks: options.seed % THINKING_EVERY === 1 })
  const { trace } = scene
  const actors = await openScene(scene)
  await everythingGoesWrong(scene, actors, options.steps)
  if (trace.violations.length === 0) await everythingComesRight(scene, actors)
  const approved = [...scene.tillWatch.tills.values()].reduce((sum, { approvals }) => sum + approvals.size, 0)
  return {
    seed: options.seed,
    violations: trace.violations,
    hash: trace.hash(),
    moves: new Set([
      ...scene.tillWatch.moves,
      ...scene.hubWatch.moves,
      ...[...scene.schemes.moves].map((move) => `scheme ${move}`),
      ...[...scene.disputes.moves].map((move) => `disputes ${move}`),
      ...[...scene.policyWatch.moves].map((move) => `policy ${move}`),
      ...[...scene.phones.moves].map((move) => `phones ${move}`),
    ]),
    approved,
    settled: scene.hubWatch.money.size,
    lost: scene.losses.count,
    artifacts: options.artifacts === true ? artifactLines(scene) : undefined,
  }
}

type Actors = {
  readonly cashiers: readonly Cashier[]
  readonly trouble: Trouble
  readonly rogue: Rogue
  readonly otherMake: OtherMake
  readonly bare: readonly BareTill[]
  readonly lastCustomer: Customer
}

async function openScene(scene: Scene): Promise<Actors> {
  const { random, hub, tills, customers, trace } = scene
  await hub.start()
  for (let number = random.between(2, 3); number >= 1; number--) await scene.addTill(`Till ${number}`)
  const rich = await scene.addCustomer('rich', 200_000)
  await scene.addCustomer('comfortable', 20_000)
  await scene.addCustomer('poor', 1500)
  scene.addUnfunded('unknown to the hub', scene.currency, scene.vault.issuer)
  scene.addUnfunded('foreign', 'JPY', scene.vault.issuer)
  const stranger = scene.addUnfunded(STRANGER, scene.currency, scene.crypto.signer('a stranger'), rich.wallet.wallet)
  const lastCustomer = await scene.addCustomer(LAST, 100_000)
  const enrolBare = async (name: string): Promise<BareTill> => {
    const { identity } = await scene.enrol(name)
    return new BareTill({ till: identity.till, signer: identity.signer, hub, now: () => scene.now() })
  }
  await scene.addForeigner()
  const rogueTill = await enrolBare('Rogue')
  const elsewhere = await enrolBare('Elsewhere')
  hub.backUp()

  const skew = random.between(-LONGEST_SKEW, LONGEST_SKEW)
  const street = {
    // Somebody may have one more phone tomorrow.
    get customers() {
      return customers.filter((customer) => customer !== lastCustomer)
    },
    trace,
    products: scene.products,
    phonesAtHub: scene.phonesAtHub,
    cards: [1, 2].map((n) => encodeCard(scene.vault.issuer, { customer: `0198c0de-0000-7000-8000-00000000c00${n}`, issuedAt: scene.now() })),
    phoneTime: () => scene.now() + skew,
    credits: () => scene.tillWatch.credits,
    receipts: scene.receipts,
    drawer: (machine: TillMachine) => scene.tillWatch.of(machine).journal.drawer.holdsMinor,
    mayReset: () => scene.tills.length > 1,
  }
  const shared = {
    trace,
    currency: scene.currency,
    receipts: street.receipts,
    customers: customers.filter(({ wallet }) => wallet.currency === scene.currency && wallet !== lastCustomer.wallet),
    now: () => scene.now(),
  }
  const journals = () => [...scene.tillWatch.tills.keys()].flatMap((till) => scene.hubWatch.custody.lastOf(till) ?? [])
  const victims = () => [...scene.tillWatch.payments]
  const rogue = new Rogue({ ...shared, bare: rogueTill, hub, stranger, random: random.split('rogue'), victims, journals })
  const unpaid = () => new Set([...hub.disk.rows.payments.values()].flatMap(({ id, unpaidSince }) => (unpaidSince === undefined ? [] : id)))
  const otherMake = new OtherMake({ ...shared, bare: elsewhere, random: random.split('other make'), unpaid })
  const cashiers = tills.map((machine) => new Cashier(machine, random.split(`cashier of ${machine.name}`), street))
  const trouble = new Trouble(random.split('trouble'), scene)
  for (const machine of tills) machine.start()
  return { cashiers, trouble, rogue, otherMake, bare: [rogueTill, elsewhere], lastCustomer }
}

async function everythingGoesWrong(scene: Scene, { cashiers, trouble, rogue, otherMake, bare }: Actors, steps: number): Promise<void> {
  const random = scene.random.split('acts')
  const paying = scene.random.split('payouts')
  const delivering = scene.random.split('deliveries')
  const banking = scene.random.split('banking')
  const ordering = scene.random.split('orders')
  const looking = scene.random.split('cases')
  const exchanging = scene.random.split('exchanging')
  const troubled = random.pick([0, 0.15, 0.35])
  const criminal = random.pick([0, 0.08])
  const elsewhere = random.pick([0, 0.1])
  scene.repairTime = () => random.between(200, 15_000)
  for (let step = 0; step < steps && scene.trace.violations.length === 0; step++) {
    // Not between two steps but somewhere within the next ones: while a decision is on its way, say.
    if (random.chance(troubled)) scene.scheduler.after(random.between(0, 1500), () => trouble.act())
    else if (random.chance(criminal)) rogue.act()
    else if (random.chance(elsewhere)) otherMake.act()
    else random.pick(cashiers.filter(({ machine }) => scene.tills.includes(machine))).act()
    await scene.pass(random.chance(0.02) ? random.between(10, 40) * SECOND : random.between(0, 1000))
    scene.tillWatch.checkPatience(PATIENCE)
    if (paying.chance(0.1)) scene.hub.ask(({ hub }) => workOnPayouts(hub, paying, scene.bankSide !== undefined))
    if (ordering.chance(0.15)) workOnOrders(ordering.pick(scene.tills), ordering)
    scene.bankSide?.look()
    if (banking.chance(0.15)) scene.bankSide?.act()
    if (scene.foreigner !== undefined && exchanging.chance(0.2)) scene.exchange.act(exchanging, scene.foreigner, scene.now())
    if (banking.chance(0.08)) scene.disputes.act(scene.bankSide === undefined)
    if (delivering.chance(0.1)) scene.hub.ask((running) => workOnEscrows(running, delivering))
    if (looking.chance(0.1)) scene.hub.ask((running) => workOnCases(running, looking))
  }
  trouble.stop()
  // They send what the hub missed, so that the honest halves of their payments end.
  for (const till of bare) till.send()
}

async function everythingComesRight(scene: Scene, { trouble, lastCustomer }: Actors): Promise<void> {
  const { trace, hub } = scene
  trace.note('---- calm')
  scene.repairTime = () => SECOND
  hub.calm()
  scene.bank.troubled = false
  scene.schemes.troubled = false
  hub.clock.setWrongBy(0)
  for (const machine of scene.tills) {
    machine.calm()
    machine.line.weather = CALM
    machine.line.deaf = false
    machine.line.plug()
  }
  // What was lost in the last bad moment is noticed, and what was slow arrives.
  await scene.pass(10 * SECOND)
  await importExports(scene)
  if (!(await finishes(scene))) return
  for (const machine of scene.tills) {
    await sellsAgain(scene, machine, lastCustomer)
    if (trouble.hubTimeWasWrong) continue
    await sellsToPhone(scene, machine, lastCustomer)
    await sellsAlone(scene, machine, lastCustomer)
  }
  if (!(await finishes(scene))) return
  scene.disputes.calm()
  await scene.bankSide?.calm()
  checkSettlement({
    trace,
    tills: scene.tillWatch,
    hub: scene.hubWatch,
    disk: hub.disk,
    wallets: scene.wallets,
    retired: scene.retired,
    hubTimeWasWrong: trouble.hubTimeWasWrong,
    everDenied: scene.policyWatch.everDenied,
    bank: scene.bank,
    schemes: scene.schemes,
    disputes: scene.disputes,
    genuine: (text) => scene.genuine(text),
    paidAtHub: (nonce, wallet) => scene.phonesAtHub.paidByOther(nonce, wallet),
  })
  checkEscrows(hub.disk, trace)
  checkOrders(hub.disk, scene.hubWatch, trace)
  checkRisk(hub.disk, trace)
  checkExchanges(hub.disk, trace)
  await checkWindows(openMemoryStore(hub.disk), trace)
  scene.bankSide?.check()
  await checkPlaces(openMemoryStore(hub.disk), trace)
  const overview = await hub.running?.hub.overview()
  if (overview?.money.balanced !== true) trace.violation(12, 'the hub’s own trial balance does not balance')
  await givesBackInTime(scene)
}

/** The other program finds every minor unit in exactly one place. */
async function checkPlaces(store: HubStore, trace: Trace): Promise<void> {
  const { faults } = await conserve(store, WORLD_BEGINS)
  for (const fault of faults.slice(0, 3)) trace.violation(12, `conservation: ${fault}`)
}

/** What was exported from tills that are out of service is brought to the hub, batch by batch, as `hub/journal-import.ts` does it. */
async function importExports(scene: Scene): Promise<void> {
  for (const { identity, exported } of scene.retired) {
    for (const batch of exported) {
      if (scene.hub.up) scene.hub.published(identity.till, batch)
      await scene.pass(SECOND)
    }
  }
}

/** Waits until nothing waits for anything. */
async function finishes(scene: Scene): Promise<boolean> {
  const until = scene.scheduler.now + LONGEST_RECOVERY
  while (scene.trace.violations.length === 0 && unfinished(scene).length > 0) {
    if (scene.scheduler.now >= until) gaveUpWaiting(scene)
    else await scene.pass(2 * SECOND)
  }
  return scene.trace.violations.length === 0
}

function gaveUpWaiting(scene: Scene): void {
  const left = unfinished(scene)
  const blocked = left.some((what) => what.startsWith('the hub has settled'))
  scene.trace.violation(blocked ? 14 : 7, `${LONGEST_RECOVERY / SECOND} s after the last trouble: ${left.join('; ')}`)
}

/** Whatever a till has been through, the next customer can pay. */
async function sellsAgain(scene: Scene, machine: TillMachine, customer: Customer): Promise<void> {
  if (machine.view?.till.signedOut === true) machine.command(machine.view.staff === undefined ? { type: 'signIn' } : managerSignsIn)
  machine.command({ type: 'cancelPayment' })
  // What was paid of a sale, and by whose decision, is not this customer's.
  machine.command({ type: 'abandonSale' })
  // Not everybody may.
  machine.command({ ...managerSignsIn, type: 'allow' })
  machine.command({ type: 'continue' })
  machine.command({ type: 'clearSale' })
  await sellsApple(scene, machine, customer, 'hub')
}

async function sellsAlone(scene: Scene, machine: TillMachine, customer: Customer): Promise<void> {
  // A policy that the weather took comes with the next connection, as a broker keeps it.
  machine.line.reconnect()
  await scene.pass(10 * SECOND)
  machine.line.pull()
  // Past the first step of a policy that has one, in some worlds.
  await scene.pass(scene.random.split(`alone ${machine.name}`).pick([10, 10, 75]) * SECOND)
  await sellsApple(scene, machine, customer, 'policy')
  await sellsToPhone(scene, machine, customer)
  machine.line.plug()
}

async function sellsApple(scene: Scene, machine: TillMachine, customer: Customer, decidedBy: 'hub' | 'policy'): Promise<void> {
  const { trace, products } = scene
  machine.scan(products[0]?.gtin ?? '')
  machine.command({ type: 'takePayment' })
  const tender = machine.view?.tender
  if (tender?.stage !== 'awaiting_code') return trace.violation(0, `${machine.name} cannot take a payment: it shows ${tender?.stage}`)
  const request = readShownRequest(tender.request)
  // By the till's own time, which may be ahead of the world's if the hub's clock once was.
  const code = request.ok ? customer.answer(tender.request, request.value.request.issuedAtMs) : undefined
  const outcome = machine.scan(code?.text ?? '')
  await scene.pass(5 * SECOND)
  const after = machine.view?.tender
  const approved = after?.stage === 'approved' && after.decidedBy === decidedBy
  if (!approved) trace.violation(0, `${machine.name} cannot sell (${decidedBy}): it shows ${after?.stage} ${outcome?.ok === false ? outcome.code : ''}`)
}

/** What still waits for something. */
function unfinished({ hub, hubWatch, tillWatch, tills }: Scene): string[] {
  const { disk } = hub
  const left: string[] = []
  if (!hub.up) left.push('the hub is down')
  const toAsk = [...disk.rows.cards.values()].filter(({ dueAt }) => dueAt !== undefined)
  if (toAsk.length > 0) left.push(`the bank is still to be asked about ${toAsk.map(({ id }) => id).join(', ')}`)
  const inCustody = hubWatch.custody.entries.length
  if (disk.settledSeq < inCustody) left.push(`the hub has settled ${disk.settledSeq} of ${inCustody}`)
  for (const machine of tills) {
    const { name, identity, disk: own, view } = machine
    const head = own.entries.at(-1)
    const stored = disk.rows.heads.get(identity.till)
    if (view === undefined) left.push(`${name} is off`)
    else if (view.till.blocked !== undefined) left.push(`${name} is blocked: ${view.till.blocked}`)
    else if (view.tender.stage === 'deciding' || view.tender.stage === 'unknown') left.push(`${name} is still ${view.tender.stage}`)
    else if (tillWatch.of(machine).waitsForRefund) left.push(`${name} waits for an answer about a refund`)
    else if (view.link.state !== 'online') left.push(`${name} is ${view.link.state}`)
    else if (view.link.waiting.entries > 0 || view.link.waiting.payments > 0) left.push(`${name} has ${view.link.waiting.entries} entries in its outbox`)
    else if (stored === undefined || head === undefined || stored.n !== head.n || stored.epoch !== head.epoch)
      left.push(`${name} wrote up to ${head?.n}, the hub has ${stored?.n}`)
  }
  return left
}
