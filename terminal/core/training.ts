import type { DeviceHealth, Order, PrintDocument } from '#protocol/device/messages.ts'
import type { ErrorCode } from '#protocol/errors.ts'
import type { PaperLanguage } from '#protocol/hub/offers.ts'
import type { Id } from '#protocol/ids.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import { reportWords } from '../sale/report-words.ts'
import { HealthReports, type Machine } from './health.ts'
import type { TillIdentity, TillPorts } from './ports.ts'
import type { TillStore } from './store.ts'
import { Till } from './till.ts'

/** Receipts of the practice till begin with its zeros: no till that was ever enrolled is called so. */
const PRACTICE: Id = '01900000-0000-7000-8000-000000000000'
const JOB = 'training-'
const SEED_BYTES = 32

export type TrainingPorts = TillPorts & {
  /** An empty store for one training; closed, it is gone. */
  scratch(): TillStore
  /** For who watches over the tills; without it nobody does. */
  readonly machine?: Machine
}

/** Whom the practice till has no business with: people, their PINs and the journal that counts stay with the till itself. */
const forTheTill: ReadonlySet<Command['type']> = new Set<Command['type']>(['signIn', 'allow', 'dismissAsking', 'stopTraining', 'syncNow', 'enrol'])
const notInTraining: ReadonlySet<Command['type']> = new Set<Command['type']>(['startTraining', 'signOut', 'update', 'reset'])

/**
 * A till that can also be practised on. In training another one stands in its place: the same program on an empty store, with the shop's catalogue, without
 * a hub, without an identity that anybody knows, and without any device but the printer, whose paper says so. So nothing that is done there can reach the
 * books: it is in another journal, which is thrown away. The till itself goes on meanwhile: it drains, and it hears its hub.
 */
export class TrainableTill {
  readonly #identity: TillIdentity
  readonly #ports: TrainingPorts
  readonly #till: Till
  readonly #health: HealthReports | undefined
  #practice: { readonly till: Till; readonly store: TillStore } | undefined
  /** The last view of each. */
  #view: View | undefined
  #practiceView: View | undefined
  #revision = 0

  constructor(identity: TillIdentity, ports: TrainingPorts) {
    this.#identity = identity
    this.#ports = ports
    const { machine } = ports
    this.#health = machine && new HealthReports({ ...ports, identity, machine, changed: () => this.#again() })
    this.#till = new Till(identity, { ...ports, ...(this.#health && { health: this.#health }), show: (message) => this.#show(message) })
  }

  start(): void {
    this.#till.start()
  }

  shutDown(): void {
    this.#health?.leave()
    this.#leave()
    this.#till.shutDown()
  }

  command(command: Command): Outcome<null> {
    if (this.#health !== undefined && (command.type === 'callForHelp' || command.type === 'takeBackCall')) {
      if (command.type === 'callForHelp') this.#health.callForHelp(command.from)
      else this.#health.takeBackCall()
      return ok(this.#again())
    }
    if (this.#practice === undefined || forTheTill.has(command.type)) return this.#asked(() => this.#till.command(command))
    return notInTraining.has(command.type) ? fail('till.training') : this.#practice.till.command(command)
  }

  scanned(text: string, aim?: string): Outcome<null> {
    return this.#practice === undefined ? this.#asked(() => this.#till.scanned(text, aim)) : this.#practice.till.scanned(text, aim)
  }

  greet(): void {
    const { till } = this.#practice ?? { till: this.#till }
    till.greet()
  }

  // ---------------------------------------------------------------- devices and the link

  /** Both know what stands on the counter. */
  device(health: DeviceHealth): void {
    this.#till.device(health)
    this.#practice?.till.device(health)
  }

  card(card: Parameters<Till['card']>[0]): void {
    this.#standing.card(card)
  }

  reading(reading: Parameters<Till['reading']>[0]): void {
    this.#till.reading(reading)
    this.#practice?.till.reading(reading)
  }

  drawer(open: boolean): void {
    this.#till.drawer(open)
  }

  garbage(kind: DeviceHealth['kind']): void {
    this.#standing.garbage(kind)
  }

  printed(job: string, result: 'printed' | 'failed' | 'unknown', code?: ErrorCode): void {
    if (job.startsWith(JOB)) this.#practice?.till.printed(job.slice(JOB.length), result, code)
    else this.#till.printed(job, result, code)
  }

  ordered(order: string, result: 'done' | 'failed' | 'unknown', code?: ErrorCode): void {
    this.#till.ordered(order, result, code)
  }

  connected(): void {
    this.#till.connected()
  }

  disconnected(): void {
    this.#till.disconnected()
  }

  received(...message: Parameters<Till['received']>): void {
    this.#till.received(...message)
  }

  laneConnected(): void {
    this.#till.laneConnected()
  }

  laneDisconnected(): void {
    this.#till.laneDisconnected()
  }

  laneHeard(...message: Parameters<Till['laneHeard']>): void {
    this.#till.laneHeard(...message)
  }

  // ---------------------------------------------------------------- in and out

  get #standing(): Till {
    return this.#practice?.till ?? this.#till
  }

  /** Whatever was asked of the till itself, an allowed command among it, may begin the training or end it. */
  #asked(ask: () => Outcome<null>): Outcome<null> {
    const outcome = ask()
    if (this.#till.training && this.#practice === undefined) this.#enter()
    if (!this.#till.training && this.#practice !== undefined) {
      this.#leave()
      this.#till.greet()
    }
    return outcome
  }

  #enter(): void {
    const { scratch, printer } = this.#ports
    const store = scratch()
    // What it sells and to whom it listens, as the hub signed it.
    store.commit({ put: Object.fromEntries([...this.#ports.store.records('authority/'), ...this.#ports.store.records('catalogue/')]) })
    const { lanes: _, addresses: __, health: ___, ...alone } = this.#ports
    // A gift card that is sold here, or a receipt, must be signed by nobody whom a till or the hub believes.
    const signer = signerFromSeed(this.#ports.crypto.randomBytes(SEED_BYTES))
    const till = new Till(
      { ...this.#identity, till: PRACTICE, signer },
      {
        ...alone,
        store,
        practice: true,
        show: (message) => this.#showPractice(message),
        link: { send: () => {}, reconnect: () => {} },
        printer: { print: (job, document, deadline) => printer.print(JOB + job, marked(document, this.#view?.till.customerLanguage), deadline) },
        devices: { order: (_id: string, _what: Order) => true },
        exporter: { exportJournal: () => ok({ file: 'training', entries: 0 }) },
        leave: () => {},
      },
    )
    this.#practice = { till, store }
    till.start()
    for (const health of this.#view?.devices ?? []) till.device(health)
    till.greet()
  }

  #leave(): void {
    this.#practice?.till.stop()
    this.#practice?.store.close()
    this.#practice = undefined
    this.#practiceView = undefined
  }

  // ---------------------------------------------------------------- what is shown

  #show(message: Parameters<TillPorts['show']>[0]): void {
    if (message.type === 'view') {
      this.#view = message.view
      this.#health?.shown(message.view)
    }
    if (this.#practice !== undefined) this.#draw()
    else if (message.type === 'view') this.#drawn(message.view)
    else this.#ports.show(message)
  }

  #showPractice(message: Parameters<TillPorts['show']>[0]): void {
    if (message.type !== 'view') return this.#ports.show(message)
    this.#practiceView = message.view
    this.#draw()
  }

  /** The practice till's, but for what is true of this one: who is there, what waits for the hub, and why it may sell nothing at all. */
  #draw(): void {
    const [own, practice] = [this.#view, this.#practiceView]
    if (own === undefined || practice === undefined) return
    const { staff, link, till } = own
    const blocked = till.blocked === undefined ? {} : { blocked: till.blocked }
    this.#drawn({
      ...practice,
      link,
      till: { ...practice.till, id: till.id, signedOut: till.signedOut, ...blocked },
      ...(staff === undefined ? {} : { staff }),
      training: true,
    })
  }

  /** What was shown last, with what has become of a call for help. */
  #again(): null {
    if (this.#practice !== undefined) this.#draw()
    else if (this.#view !== undefined) this.#drawn(this.#view)
    return null
  }

  #drawn(view: View): void {
    this.#revision += 1
    const help = this.#health?.help
    this.#ports.show({ type: 'view', view: { ...view, ...(help && { help }), revision: this.#revision } })
  }
}

/** Above and below, so that no half of it passes for a receipt. */
function marked(document: PrintDocument, language: PaperLanguage | undefined): PrintDocument {
  const words = reportWords(language)
  const mark = { kind: 'text', text: words.training, align: 'center', bold: true, size: 'double' } as const
  return [mark, { kind: 'text', text: words.notAReceipt, align: 'center' }, ...document, mark]
}
