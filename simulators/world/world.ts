import { readRequest } from '#protocol/payment-code/request.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'
import { Cashier } from './cashier.ts'
import type { Customer } from './customer.ts'
import { fundsMoves } from './hub-watch.ts'
import { paymentMoves } from './journal-truth.ts'
import { CALM } from './network.ts'
import { Rogue } from './rogue.ts'
import { Scene, STRANGER, type Bug } from './scene.ts'
import { checkSettlement } from './settlement.ts'
import type { TillMachine } from './till-machine.ts'
import { screenMoves } from './till-watch.ts'
import type { Violation } from './trace.ts'
import { Trouble } from './trouble.ts'

export type WorldOptions = {
  readonly seed: number
  readonly steps: number
  readonly bug?: Bug
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
}

/** What payments, their money and screens can do from one state to the next. */
export const allMoves: readonly string[] = [
  ...paymentMoves.map((move) => `payment ${move}`),
  ...fundsMoves.map((move) => `funds ${move}`),
  ...screenMoves.map((move) => `screen ${move}`),
]

/** Everything comes right within this once nothing goes wrong any more: retries, overdue answers and restarts are all shorter. */
const LONGEST_RECOVERY: DurationMs = 3 * MINUTE

/** Phones go wrong by as much, all of a world by the same. */
const LONGEST_SKEW: DurationMs = 5 * SECOND

/** The policy's wait for the hub is 1.5 s. */
const PATIENCE: DurationMs = 5 * SECOND

/** Runs the world of a seed: first everything goes wrong for `steps` steps (safety), then nothing does and everything must come right (liveness). */
export async function runWorld(options: WorldOptions): Promise<WorldResult> {
  const scene = new Scene(options)
  const { trace } = scene
  const actors = await openScene(scene)
  await everythingGoesWrong(scene, actors, options.steps)
  if (trace.violations.length === 0) await everythingComesRight(scene, actors)
  const moves = new Set([...scene.tillWatch.moves].map((move) => `screen ${move}`))
  for (const move of scene.hubWatch.fundsMoves) moves.add(`funds ${move}`)
  for (const move of scene.hubWatch.paymentMoves) moves.add(`payment ${move}`)
  const approved = [...scene.tillWatch.tills.values()].reduce((sum, { approvals }) => sum + approvals.size, 0)
  return { seed: options.seed, violations: trace.violations, hash: trace.hash(), moves, approved, settled: scene.hubWatch.posted.size }
}

type Actors = { readonly cashiers: readonly Cashier[]; readonly trouble: Trouble; readonly rogue: Rogue; readonly lastCustomer: Customer }

async function openScene(scene: Scene): Promise<Actors> {
  const { random, hub, tills, customers, trace } = scene
  await hub.start()
  for (let number = random.between(2, 3); number >= 1; number--) await scene.addTill(`Till ${number}`)
  const rich = await scene.addCustomer('rich', 200_000)
  await scene.addCustomer('comfortable', 20_000)
  await scene.addCustomer('poor', 1500)
  scene.addUnfunded('unknown to the hub', scene.currency, 'hub issuer')
  scene.addUnfunded('foreign', 'JPY', 'hub issuer')
  const stranger = scene.addUnfunded(STRANGER, scene.currency, 'a stranger', rich.wallet.wallet)
  // Waits outside until everything has come right.
  const lastCustomer = await scene.addCustomer('last', 100_000)
  const { identity } = await scene.enrol('Rogue')
  hub.backUp()

  const rogue = new Rogue({
    till: identity.till,
    signer: identity.signer,
    hub,
    trace,
    stranger,
    random: random.split('rogue'),
    currency: scene.currency,
    customers: customers.filter(({ wallet }) => wallet.currency === scene.currency && wallet !== lastCustomer.wallet),
    victims: () => [...scene.tillWatch.payments],
    now: () => scene.now(),
  })
  const skew = random.between(-LONGEST_SKEW, LONGEST_SKEW)
  const street = { customers: customers.filter((customer) => customer !== lastCustomer), trace, products: scene.products, phoneTime: () => scene.now() + skew }
  const cashiers = tills.map((machine) => new Cashier(machine, random.split(`cashier of ${machine.name}`), street))
  const trouble = new Trouble(random.split('trouble'), scene)
  for (const machine of tills) machine.start()
  return { cashiers, trouble, rogue, lastCustomer }
}

async function everythingGoesWrong(scene: Scene, { cashiers, trouble, rogue }: Actors, steps: number): Promise<void> {
  const random = scene.random.split('acts')
  const troubled = random.pick([0, 0.15, 0.35])
  const criminal = random.pick([0, 0.08])
  scene.repairTime = () => random.between(200, 15_000)
  for (let step = 0; step < steps && scene.trace.violations.length === 0; step++) {
    // Not between two steps but somewhere within the next ones: while a decision is on its way, say.
    if (random.chance(troubled)) scene.scheduler.after(random.between(0, 1500), () => trouble.act())
    else if (random.chance(criminal)) rogue.act()
    else random.pick(cashiers).act()
    await scene.pass(random.chance(0.02) ? random.between(10, 40) * SECOND : random.between(0, 1000))
    scene.tillWatch.checkPatience(PATIENCE)
  }
  trouble.stop()
  rogue.repents()
}

async function everythingComesRight(scene: Scene, { trouble, lastCustomer }: Actors): Promise<void> {
  const { trace, hub } = scene
  trace.note('---- calm')
  scene.repairTime = () => SECOND
  hub.calm()
  hub.clock.setWrongBy(0)
  for (const machine of scene.tills) {
    machine.calm()
    machine.line.weather = CALM
    machine.line.plug()
  }
  // What was lost in the last bad moment is noticed, and what was slow arrives.
  await scene.pass(10 * SECOND)
  if (!(await finishes(scene))) return
  for (const machine of scene.tills) {
    await sellsAgain(scene, machine, lastCustomer)
    if (!trouble.hubTimeWasWrong) await sellsAlone(scene, machine, lastCustomer)
  }
  if (!(await finishes(scene))) return
  checkSettlement({ trace, tills: scene.tillWatch, hub: scene.hubWatch, disk: hub.disk, wallets: scene.wallets, genuine: (text) => scene.genuine(text) })
  const overview = await hub.running?.hub.overview()
  if (overview?.money.balanced !== true) trace.violation(12, 'the hub’s own trial balance does not balance')
}

/** Waits until nothing waits for anything. */
async function finishes(scene: Scene): Promise<boolean> {
  const until = scene.scheduler.now + LONGEST_RECOVERY
  while (scene.trace.violations.length === 0 && unfinished(scene).length > 0) {
    if (scene.scheduler.now >= until) scene.trace.violation(7, `${LONGEST_RECOVERY / SECOND} s after the last trouble: ${unfinished(scene).join('; ')}`)
    else await scene.pass(2 * SECOND)
  }
  return scene.trace.violations.length === 0
}

/** Whatever a till has been through, the next customer can pay. */
async function sellsAgain(scene: Scene, machine: TillMachine, customer: Customer): Promise<void> {
  machine.command({ type: 'cancelPayment' })
  machine.command({ type: 'continue' })
  machine.command({ type: 'clearSale' })
  await sellsApple(scene, machine, customer, 'hub')
}

async function sellsAlone(scene: Scene, machine: TillMachine, customer: Customer): Promise<void> {
  machine.line.pull()
  await scene.pass(10 * SECOND)
  await sellsApple(scene, machine, customer, 'policy')
  machine.line.plug()
}

async function sellsApple(scene: Scene, machine: TillMachine, customer: Customer, decidedBy: 'hub' | 'policy'): Promise<void> {
  const { trace, products } = scene
  machine.scan(products[0]?.gtin ?? '')
  machine.command({ type: 'takePayment' })
  const tender = machine.view?.tender
  if (tender?.stage !== 'awaiting_code') return trace.violation(0, `${machine.name} cannot take a payment: it shows ${tender?.stage}`)
  const request = readRequest(tender.request)
  // By the till's own time, which may be ahead of the world's if the hub's clock once was.
  const code = request.ok ? customer.answer(tender.request, request.value.request.issuedAtMs) : undefined
  const outcome = machine.scan(code?.text ?? '')
  await scene.pass(5 * SECOND)
  const after = machine.view?.tender
  const approved = after?.stage === 'approved' && after.decidedBy === decidedBy
  if (!approved) trace.violation(0, `${machine.name} cannot sell (${decidedBy}): it shows ${after?.stage} ${outcome?.ok === false ? outcome.code : ''}`)
}

/** What still waits for something. */
function unfinished({ hub, tills }: Scene): string[] {
  const { disk } = hub
  const left: string[] = []
  if (!hub.up) left.push('the hub is down')
  if (disk.settledSeq < disk.entries.length) left.push(`the hub has settled ${disk.settledSeq} of ${disk.entries.length}`)
  for (const { name, identity, disk: own, view } of tills) {
    const head = own.entries.at(-1)
    const stored = disk.rows.heads.get(identity.till)
    if (view === undefined) left.push(`${name} is off`)
    else if (view.till.blocked !== undefined) left.push(`${name} is blocked: ${view.till.blocked}`)
    else if (view.tender.stage === 'deciding') left.push(`${name} is still deciding`)
    else if (view.link.state !== 'online') left.push(`${name} is ${view.link.state}`)
    else if (view.link.waiting.entries > 0 || view.link.waiting.payments > 0) left.push(`${name} has ${view.link.waiting.entries} entries in its outbox`)
    else if (stored === undefined || head === undefined || stored.n !== head.n || stored.epoch !== head.epoch)
      left.push(`${name} wrote up to ${head?.n}, the hub has ${stored?.n}`)
  }
  return left
}
