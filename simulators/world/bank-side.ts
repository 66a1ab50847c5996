import { createBankDesk, type BankDesk } from '../../hub/bank/desk.ts'
import { bankReference } from '../../hub/bank/pain001.ts'
import { bankSettings } from '../../hub/bank/settings.ts'
import { readPayout } from '../../hub/settlement/payout.ts'
import type { Changes } from '../../hub/store/hub-store.ts'
import { createBank, newBank, type BankFault, type Sent } from '../bank/books.ts'
import { foldersOver, noBankFiles } from './bank-folders.ts'
import type { RunningHub } from './hub-machine.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { utf8 } from '#protocol/bytes.ts'
import type { BankAssignment } from '#protocol/hub-api/bank.ts'

/** What can happen between the hub and its bank. */
export const bankMoves = [
  'file sent',
  'file read',
  'file again',
  'file quarantined',
  'statement booked',
  'statement waits',
  'line payout',
  'line returned',
  'line fees',
  'line own funds',
  'line proposed',
  'payout adopted',
] as const

/** `settle` and the like that a bank which says anything says are `settlement payout …`; these are of the files. */
export const bankMovesOf = ({ documents = [] }: Changes): string[] =>
  documents.flatMap(({ id, body }) => {
    const said = JSON.parse(body) as { readonly outcome?: string; readonly state?: string; readonly as?: { readonly to: string }; readonly adopted?: true }
    if (id.startsWith('bank-log/')) return [`file ${said.outcome}`]
    if (id.startsWith('bank-statement/')) return [said.state === 'booked' ? 'statement booked' : 'statement waits']
    if (id.startsWith('bank-line/') && said.state === 'proposed') return ['line proposed']
    if (id.startsWith('bank-line/') && said.as !== undefined) return [`line ${said.as.to}`]
    return id.startsWith('payout/') && said.adopted === true ? ['payout adopted'] : []
  })

const OWN_IBAN = 'GB29NWBK60161331926819'
const settings = bankSettings.parse({
  accounts: [{ currency: 'EUR', name: 'Simulated Hub', iban: OWN_IBAN, bic: 'COBADEFFXXX' }],
  secondPersonFromMinor: 3_00,
  feesUpToMinor: 2_00,
})
const faults: readonly BankFault[] = [
  'late answer',
  'answers doubled',
  'answers out of order',
  'statement doubled',
  'statement missing',
  'wrong balance',
  'reject file',
]
const acts = {
  write: 4,
  work: 6,
  read: 6,
  closeDay: 4,
  lateAnswers: 2,
  missed: 2,
  fault: 3,
  stranger: 1,
  charge: 1,
  reject: 1,
  giveBack: 1,
  explain: 3,
} as const

/** The power went in the middle of a file. */
class PowerGone extends Error {}
type Desk = { readonly desk: BankDesk; isBusy: boolean }

/**
 * The production's bank side over folders in memory, and at their other end the simulator's bank with books of its own, which a hub that is put back to a backup
 * does not take back. The hub may be killed at every commit and between any two files.
 */
export class BankSide {
  readonly files = noBankFiles()
  readonly #memory = newBank(OWN_IBAN, 'EUR', 50_000n)
  readonly #bank: ReturnType<typeof createBank>
  readonly #scene: Scene
  readonly #random: Random
  readonly #desks = new WeakMap<RunningHub, Desk>()
  /** Everything that was booked on earlier days. */
  readonly #booked: { readonly minor: bigint; readonly endToEndId: string | undefined }[] = []
  #cutIn = 0

  constructor(scene: Scene, random: Random) {
    this.#scene = scene
    this.#random = random
    this.#bank = createBank(this.#memory, () => new Date(scene.now()))
  }

  /** A hub that has just started goes on with what was under way, before anybody asks it for more. */
  look(): void {
    const running = this.#scene.hub.running
    if (running !== undefined && !this.#desks.has(running)) this.#ask((desk) => desk.start())
  }

  act(): void {
    const random = this.#random
    const kind = random.weighted(acts)
    // Now and then the power goes at one of the next files.
    if (random.chance(0.05)) this.#cutIn = random.between(1, 4)
    switch (kind) {
      case 'write':
        return this.#ask((desk) => desk.writeFiles('cleo'))
      case 'read':
        return this.#ask((desk) => desk.readFiles())
      case 'explain':
        return this.#ask((desk) => this.#explain(desk))
      case 'work':
        return this.#work()
      case 'closeDay':
        return this.#closeDay()
      case 'lateAnswers':
        return this.#send(this.#bank.answerLate())
      case 'missed':
        return this.#send(this.#bank.sendKept())
      case 'fault':
        return void this.#memory.faults.push(random.pick(faults))
      case 'stranger':
        return this.#bank.credit(BigInt(random.between(1, 900)), 'J. Maier', 'by mistake')
      case 'charge':
        return this.#bank.charge(BigInt(random.between(1, 300)), 'Account charge')
      case 'reject':
        return this.#ask((_, running) => this.#reject(running))
      case 'giveBack':
        return this.#giveBack()
    }
  }

  /** Nothing goes wrong any more: the bank sends what it owes, and everything that came is read. */
  async calm(): Promise<void> {
    const { hub, scheduler, trace } = this.#scene
    this.#cutIn = 0
    this.#memory.faults.splice(0)
    const until = scheduler.now + LONGEST_CALM
    // Twice: what is read may be answered by what was waiting.
    for (let round = 0; round < 2; round++) {
      this.#work()
      this.#closeDay()
      this.#send([...this.#bank.answerLate(), ...this.#bank.sendKept()])
      do {
        this.look()
        this.#ask((desk) => desk.readFiles())
        await this.#scene.pass(1000)
      } while ((this.files.fromBank.size > 0 || !this.#isIdle()) && scheduler.now < until)
    }
    if (!hub.up || this.files.fromBank.size > 0) trace.violation(7, `${this.files.fromBank.size} files of the bank are never read`)
  }

  /** The hub's books and the bank's say the same of the account and of every payout, and nobody was paid twice (invariant 12). */
  check(): void {
    const { trace, hub } = this.#scene
    const { documents, accounts } = hub.disk.rows
    const account = accounts.get('bank/EUR')
    const holds = account === undefined ? undefined : account.debitsPosted - account.creditsPosted
    if (holds !== BigInt(this.#memory.balance)) trace.violation(12, `the bank has ${this.#memory.balance}, and the hub's ledger says ${holds}`)
    const paid = Map.groupBy(
      this.#booked.filter(({ endToEndId }) => endToEndId !== undefined),
      ({ endToEndId }) => endToEndId,
    )
    const payouts = [...documents.values()].flatMap((row) => (row.id.startsWith('payout/') ? readPayout(row) : []))
    for (const { payoutId, amountMinor, state } of payouts) {
      const booked = paid.get(bankReference(payoutId)) ?? []
      paid.delete(bankReference(payoutId))
      const went = booked.filter(({ minor }) => minor < 0n)
      const left = booked.reduce((sum, { minor }) => sum - minor, 0n)
      if (went.length > 1) trace.violation(12, `payout ${payoutId} was carried out ${went.length} times`)
      const should = state === 'settled' ? amountMinor : 0n
      if (left !== should) trace.violation(12, `payout ${payoutId} of ${amountMinor} is ${state}, and the bank has paid ${left} for it`)
      if (state === 'sent' || state === 'accepted') trace.violation(9, `payout ${payoutId} is ${state}, and the bank has nothing more to say`)
    }
    for (const reference of paid.keys()) trace.violation(12, `the bank has paid ${reference}, which the hub does not know`)
  }

  // ---------------------------------------------------------------- the hub's side

  #isIdle(): boolean {
    const { running } = this.#scene.hub
    return running !== undefined && this.#desks.get(running)?.isBusy === false
  }

  /** One thing at a time, as people do. What breaks on a full disk stops the bank side and not the hub, until its next start. */
  #ask(act: (desk: BankDesk, running: RunningHub) => Promise<unknown>): void {
    const { hub, trace } = this.#scene
    hub.ask(async (running) => {
      const known = this.#desks.get(running)
      if (known?.isBusy === true) return
      // As in `hub/main.ts`: a hub has read its merchants before its bank side begins.
      if (running.hub.merchants.find(this.#scene.shop.merchant.id) === undefined) return
      const own: Desk = known ?? { desk: this.#open(running), isBusy: true }
      this.#desks.set(running, own)
      own.isBusy = true
      try {
        if (known === undefined) await own.desk.start()
        await act(own.desk, running)
        own.isBusy = false
      } catch (error) {
        this.#desks.delete(running)
        const why = error instanceof Error ? error.message : String(error)
        trace.note(`bank side stops: ${why}`)
        if (!(error instanceof PowerGone) && !why.includes('disk has room')) throw error
      }
    })
  }

  #open({ hub, store }: RunningHub): BankDesk {
    const { hub: machine, trace, crypto, shop } = this.#scene
    const durable = (act: () => void): void => {
      const isCut = this.#cutIn > 0 && --this.#cutIn === 0
      const before = isCut && this.#random.chance(0.5)
      if (!before) act()
      if (!isCut) return
      machine.crash(`${before ? 'before' : 'after'} a file of the bank`)
      throw new PowerGone()
    }
    return createBankDesk({
      clock: machine.clock,
      crypto: crypto.port(this.#random.split(`desk ${this.#scene.scheduler.now}`)),
      store,
      merchant: shop.merchant.id,
      payouts: hub.settlement.payouts,
      settings,
      schemas: new Map(),
      folders: foldersOver(this.files, durable),
      changed: () => undefined,
      warn: (line) => trace.note(`hub warns: ${line}`),
    })
  }

  async #reject({ hub: { settlement } }: RunningHub): Promise<void> {
    const waiting = (await settlement.payouts.list({ limit: 20 })).filter(({ state }) => state === 'proposed' || state === 'approved')
    if (waiting.length > 0) await settlement.payouts.reject(this.#random.pick(waiting).payoutId, 'ann', 'a wrong sum')
  }

  /** A person says what a line was, and another one agrees or not. Some of it is nonsense. */
  async #explain(desk: BankDesk): Promise<void> {
    const random = this.#random
    const { open } = await desk.state()
    if (open.length === 0) return
    const line = random.pick(open)
    const payout = random.pick([...this.#scene.hub.disk.rows.documents.keys()].filter((id) => id.startsWith('payout/')).concat('payout/none'))
    const as: BankAssignment = random.pick([
      { to: 'own funds' },
      { to: 'fees' },
      { to: 'written off' },
      { to: 'returned', payout: payout.slice('payout/'.length) },
    ])
    if (line.state === 'proposed' && line.as !== undefined && random.chance(0.7)) await desk.agree(line.id, random.pick(['ann', 'ben']), line.as)
    else if (line.state === 'proposed') await desk.refuse(line.id, 'ben', 'nobody knows')
    // What names a payout they leave to the hub.
    else if (line.endToEndId === undefined) await desk.explain(line.id, as, 'as they said', random.pick(['ann', 'ben']))
  }

  // ---------------------------------------------------------------- the bank's

  #work(): void {
    const { trace } = this.#scene
    for (const [name, text] of this.files.toBank) {
      this.files.toBank.delete(name)
      // It has closed the account, for as long as this file.
      const [iban] = this.#random.chance(0.2) ? (/<CdtrAcct>.*?<IBAN>(\w+)</s.exec(text)?.slice(1) ?? []) : []
      if (iban !== undefined) this.#memory.closed.push(iban)
      const answers = this.#bank.take(utf8(text))
      if (iban !== undefined) this.#memory.closed.pop()
      trace.note(`the bank takes ${name}`)
      this.#send(answers)
    }
  }

  #closeDay(): void {
    this.#booked.push(...this.#memory.today.map(({ minor, endToEndId }) => ({ minor: BigInt(minor), endToEndId })))
    this.#send(this.#bank.closeDay(new Date(this.#scene.now()).toISOString().slice(0, 10)))
  }

  #giveBack(): void {
    const today = this.#memory.today.filter(({ endToEndId, minor }) => endToEndId !== undefined && minor.startsWith('-'))
    const gone = today.find((sent) => !this.#memory.today.some((back) => back.endToEndId === sent.endToEndId && !back.minor.startsWith('-')))
    if (gone?.endToEndId !== undefined) this.#bank.giveBack(gone.endToEndId, 'AC06')
  }

  #send(messages: readonly Sent[]): void {
    for (const { name, text } of messages) {
      this.#scene.trace.note(`the bank sends ${name} of ${text.length} characters`)
      this.files.fromBank.set(name, utf8(text))
    }
  }
}

const LONGEST_CALM = 120_000
