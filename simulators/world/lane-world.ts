import type { Id } from '#protocol/ids.ts'
import { MINUTE, SECOND, type DurationMs } from '#protocol/time.ts'
import type { Customer } from './customer.ts'
import { CALM, type Weather } from './network.ts'
import type { Random } from './random.ts'
import { Scene, type Bug, type LaneTerms } from './scene.ts'
import type { TillMachine } from './till-machine.ts'
import type { Violation } from './trace.ts'

/**
 * Lanes of one store, in worlds of their own: the same production hub and tills as in `world.ts`, with an edge between the tills, and people who show one code at two of
 * them. Watched here is what lanes add to the promises: one code pays once where lanes hear each other (13), all of them together stay within the store's cap whatever
 * is cut, lost, repeated or stolen (3), and what a neighbour has confirmed is not lost with a till (11).
 */
export type LaneWorldOptions = {
  readonly seed: number
  readonly steps: number
  readonly bug?: Bug
  readonly terms?: LaneTerms
  readonly listener?: (line: string) => void
}

export type LaneWorldResult = {
  readonly violations: readonly Violation[]
  readonly hash: string
  readonly approved: number
  /** Which of `laneMoves` happened. */
  readonly moves: ReadonlySet<string>
  /** The most that all tills together had at risk, minor units. */
  readonly mostAtRiskMinor: number
}

export const laneMoves = [
  'refused next door',
  'taken twice, apart',
  'more than its own slice',
  'store cap reached',
  'a till is gone with what only neighbours had',
  'brought by a neighbour',
  'the edge was away',
] as const

export const LANE_TERMS: LaneTerms = { storeMinor: 12_000, capped: true }
const TILLS = 3
const BAD: Weather = { drop: 0.1, duplicate: 0.1, slow: 0.05 }
/** What lanes share is at the others within 200 ms; a second look, for a message that came just as the code did. */
const SHARED_WITHIN: DurationMs = 200
const LONGEST_RECOVERY: DurationMs = 3 * MINUTE

export async function runLaneWorld({ seed, steps, bug, terms = LANE_TERMS, listener }: LaneWorldOptions): Promise<LaneWorldResult> {
  const scene = new Scene({ seed, lanes: terms, ...(bug && { bug }), ...(listener && { listener }) })
  const world = new LaneWorld(scene, terms)
  await world.open()
  await world.everythingGoesWrong(steps)
  if (scene.trace.violations.length === 0) await world.everythingComesRight()
  const approved = [...scene.tillWatch.tills.values()].reduce((sum, { approvals }) => sum + approvals.size, 0)
  return { violations: scene.trace.violations, hash: scene.trace.hash(), approved, moves: world.moves, mostAtRiskMinor: world.mostAtRiskMinor }
}

class LaneWorld {
  readonly moves = new Set<string>()
  mostAtRiskMinor = 0
  readonly #scene: Scene
  readonly #terms: LaneTerms
  readonly #random: Random
  /** By payment, of a till that is gone: a neighbour had said that it keeps it. */
  readonly #confirmed = new Map<Id, string>()

  constructor(scene: Scene, terms: LaneTerms) {
    this.#scene = scene
    this.#terms = terms
    this.#random = scene.random.split('lane acts')
  }

  async open(): Promise<void> {
    const scene = this.#scene
    await scene.hub.start()
    for (let number = 1; number <= TILLS; number++) await scene.addTill(`Till ${number}`)
    for (const name of ['ada', 'ben', 'cho', 'dee']) await scene.addCustomer(name, 200_000)
    for (const machine of scene.tills) machine.start()
    await scene.pass(5 * SECOND)
  }

  async everythingGoesWrong(steps: number): Promise<void> {
    const scene = this.#scene
    scene.repairTime = () => this.#random.between(500, 10_000)
    for (let step = 0; step < steps && scene.trace.violations.length === 0; step++) {
      const act = this.#random.pick(['trouble', 'twice', 'sale', 'sale'] as const)
      if (act === 'trouble') this.#trouble()
      else if (act === 'twice') await this.#showTwice()
      else await this.#sell(this.#random.pick(scene.tills), this.#random.pick(scene.customers))
      await scene.pass(this.#random.between(100, 4000))
      this.#checkCap()
    }
  }

  async everythingComesRight(): Promise<void> {
    const scene = this.#scene
    scene.trace.note('---- calm')
    scene.repairTime = () => SECOND
    scene.lanes?.calm()
    for (const machine of scene.tills) {
      machine.calm()
      machine.line.weather = CALM
      machine.line.plug()
    }
    const until = scene.scheduler.now + LONGEST_RECOVERY
    while (this.#missing().length > 0 && scene.scheduler.now < until && scene.trace.violations.length === 0) await scene.pass(2 * SECOND)
    for (const what of this.#missing()) scene.trace.violation(11, what)
    const overview = await scene.hub.running?.hub.overview()
    if (overview?.money.balanced !== true) scene.trace.violation(12, 'the hub’s own trial balance does not balance')
  }

  // ---------------------------------------------------------------- what people do

  async #sell(machine: TillMachine, customer: Customer): Promise<void> {
    if (!this.#ask(machine)) return
    const code = customer.show(this.#scene.now())
    const outcome = machine.scan(code.text)
    if (outcome?.ok === false && outcome.code === 'policy.store_cap') this.moves.add('store cap reached')
    await this.#scene.pass(this.#random.between(10, 2500))
  }

  /** A customer shows one code at two tills: the second time a moment later, or much later. */
  async #showTwice(): Promise<void> {
    const scene = this.#scene
    const [one, other] = [this.#random.pick(scene.tills), this.#random.pick(scene.tills)]
    if (one === other || !this.#ask(one) || !this.#ask(other)) return
    const code = this.#random.pick(scene.customers).show(scene.now())
    const first = one.scan(code.text)
    const at = scene.scheduler.now
    const since = scene.lanes?.together(one.identity.till, other.identity.till)
    await scene.pass(this.#random.pick([50, SHARED_WITHIN, 1000, 5000]))
    const still = scene.lanes?.together(one.identity.till, other.identity.till)
    if (first?.ok !== true || other.view?.tender.stage !== 'awaiting_code') return
    const second = other.scan(code.text)
    if (second === undefined) return
    if (!second.ok && second.code === 'code.used_next_door') this.moves.add('refused next door')
    // Together, and for long enough before that each knows the other.
    const heard = since !== undefined && since === still && at - since > 5 * SECOND && scene.scheduler.now - at >= SHARED_WITHIN
    if (second.ok && !heard) this.moves.add('taken twice, apart')
    if (second.ok && heard && one.view !== undefined)
      scene.trace.violation(13, `${one.name} and ${other.name} took one code, ${scene.scheduler.now - at} ms apart`)
  }

  /** Something for 20.00 at most lies in the basket, and the till waits for a code. */
  #ask(machine: TillMachine): boolean {
    machine.command({ type: 'continue' })
    machine.command({ type: 'cancelPayment' })
    machine.command({ type: 'clearSale' })
    machine.scan(this.#scene.products[this.#random.pick([0, 1, 2, 3])]?.gtin ?? '')
    machine.command({ type: 'takePayment' })
    return machine.view?.tender.stage === 'awaiting_code'
  }

  // ---------------------------------------------------------------- what goes wrong

  #trouble(): void {
    const scene = this.#scene
    const { lanes } = scene
    if (lanes === undefined) return
    const machine = this.#random.pick(scene.tills)
    const { till } = machine.identity
    const acts: readonly (() => void)[] = [
      () => machine.line.pull(),
      () => machine.line.pull(),
      () => machine.line.plug(),
      () => lanes.plug(till, false),
      () => lanes.plug(till, true),
      () => lanes.plug(till, true),
      () => lanes.switch(true),
      () => this.#edgeGoes(),
      () => (lanes.weather = this.#random.chance(0.5) ? BAD : CALM),
      () => (lanes.weather = CALM),
      () => lanes.carried.length > 0 && lanes.replay(this.#random),
      () => machine.cutPower('somebody pulls its plug'),
      () => this.#lose(machine),
    ]
    this.#random.pick(acts)()
  }

  #edgeGoes(): void {
    this.moves.add('the edge was away')
    this.#scene.lanes?.switch(false)
    this.#scene.scheduler.after(this.#random.between(1, 20) * SECOND, () => this.#scene.lanes?.switch(true))
  }

  /** Burnt, with its disk: what it had is where others have it, or nowhere. */
  #lose(machine: TillMachine): void {
    const scene = this.#scene
    const waiting = machine.view?.link.waiting
    const onlyHere = waiting?.onlyHere?.payments ?? 0
    // One in a world, and while it matters.
    if (scene.tills.length < TILLS || waiting === undefined || waiting.payments === onlyHere) return
    const watched = scene.tillWatch.of(machine)
    // The newest ones are those that nobody else has: copies go in the order of the journal.
    const captured = [...watched.unsafe.keys()]
    for (const id of captured.slice(0, Math.max(0, captured.length - onlyHere))) this.#confirmed.set(id, machine.name)
    if (this.#confirmed.size > 0) this.moves.add('a till is gone with what only neighbours had')
    machine.cutPower('burnt')
    scene.retire(machine)
  }

  // ---------------------------------------------------------------- what is watched

  #checkCap(): void {
    const { tillWatch, trace } = this.#scene
    let atRisk = 0
    for (const { caps } of tillWatch.tills.values()) atRisk += caps.acceptedMinor
    this.mostAtRiskMinor = Math.max(this.mostAtRiskMinor, atRisk)
    if ([...tillWatch.tills.values()].some(({ caps }) => caps.acceptedMinor > this.#terms.storeMinor / TILLS)) this.moves.add('more than its own slice')
    if (atRisk > this.#terms.storeMinor) trace.violation(3, `all lanes together have ${atRisk} at risk, where ${this.#terms.storeMinor} is the store’s cap`)
  }

  #missing(): string[] {
    const { captured } = this.#scene.hubWatch
    const left: string[] = []
    for (const [id, till] of this.#confirmed) {
      if (captured.has(id)) this.moves.add('brought by a neighbour')
      else left.push(`a neighbour had said that it keeps payment ${id.slice(-6)} of ${till}, and the hub never got it`)
    }
    return left
  }
}
