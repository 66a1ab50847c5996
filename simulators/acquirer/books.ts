/**
 * What an acquirer does with requests, apart from how they come: over TCP (`server.ts`) or in a simulated world. Its books are its own, so that they can be
 * compared with the hub's. Pure but for its memory. Written from ISO 8583:1987 and the rules of the schemes; it knows nothing of the hub's code.
 */
export type AcquirerRequest = {
  /** Message type: 0100 authorisation, 0200 financial, 0400 and 0420 reversal, 0800 network; the last digit 1 says that it is a repeat. */
  readonly type: string
  /** Field 3: 00.... takes, 20.... gives back. */
  readonly processing?: string | undefined
  readonly amountMinor: number
  readonly stan: string
  /** Field 7: MMDDhhmmss. */
  readonly sentAt: string
  readonly rrn: string
  /** Number of the card, where the message has it. */
  readonly pan?: string | undefined
  readonly expiry?: string | undefined
  /** Field 38 of a completion. */
  readonly approvalCode?: string | undefined
  /** Field 90: type, trace number and time of the message that this one is about. */
  readonly original?: { readonly type: string; readonly stan: string; readonly sentAt: string } | undefined
}
export type AcquirerReply = { readonly code: string; readonly approvalCode?: string }

export type Booked = {
  readonly key: string
  readonly approvalCode: string
  readonly type: 'hold' | 'charge' | 'refund'
  readonly amountMinor: number
  /** Last four digits: acquirers know more, books that people look at do not. */
  readonly last4: string
  readonly rrn: string
  undone: boolean
  /** Of a hold: a completion took it. Undoing that completion reserves it again. */
  used: boolean
  readonly completes: Booked | undefined
}

const keyOf = (type: string, stan: string, sentAt: string): string => `${type.slice(0, 3)}/${stan}/${sentAt}`
type Heard = { readonly reply: AcquirerReply; readonly amountMinor: number; readonly booked: Booked | undefined }
const referenceOf = (type: string, rrn: string): string => `${type.slice(0, 2)}/${rrn}`

export class AcquirerBooks {
  readonly #booked = new Map<string, Booked>()
  /** What was asked under a retrieval reference. */
  readonly #byReference = new Map<string, Heard>()
  /** Answers given, so that a repeat hears the same. */
  readonly #replies = new Map<string, AcquirerReply>()
  /** Reversed before they were heard: if they come after all they are refused. */
  readonly #tombs = new Set<string>()
  #approvals = 0

  /** `decline`: what its bank would say about this card and sum. */
  take(request: AcquirerRequest, decline: string | undefined): AcquirerReply {
    if (request.type.startsWith('08')) return { code: '00' }
    if (request.type.startsWith('04')) return this.#reverse(request)
    const key = keyOf(request.type, request.stan, request.sentAt)
    if (this.#tombs.has(key)) return { code: '94' }
    const known = this.#replies.get(key)
    if (known !== undefined) return known
    const reference = referenceOf(request.type, request.rrn)
    const before = this.#byReference.get(reference)
    const reply = before === undefined ? this.#book(key, request, decline) : this.#again(key, before, request)
    this.#replies.set(key, reply)
    if (before === undefined) this.#byReference.set(reference, { reply, amountMinor: request.amountMinor, booked: this.#booked.get(key) })
    return reply
  }

  /** The same reference under another trace number: asked by somebody who has forgotten that he did, and hears the same. */
  #again(key: string, { reply, amountMinor, booked }: Heard, request: AcquirerRequest): AcquirerReply {
    if (booked?.undone === true || amountMinor !== request.amountMinor) return { code: '94' }
    if (booked !== undefined) this.#booked.set(key, booked)
    return reply
  }

  #book(key: string, request: AcquirerRequest, decline: string | undefined): AcquirerReply {
    const { type, processing = '000000', amountMinor, original, rrn, pan } = request
    const about = original && this.#booked.get(keyOf(original.type, original.stan, original.sentAt))
    const isRefund = processing.startsWith('20')
    if (isRefund && !this.#mayGiveBack(about, amountMinor)) return { code: '12' }
    const isCompletion = !isRefund && original !== undefined
    if (isCompletion && (about?.type !== 'hold' || about.undone || about.used || amountMinor > about.amountMinor)) return { code: '12' }
    if (!isRefund && !isCompletion && pan === undefined) return { code: '30' }
    if (decline !== undefined) return { code: decline }
    if (isCompletion && about !== undefined) about.used = true
    this.#approvals += 1
    const approvalCode = `S${String(this.#approvals).padStart(5, '0')}`
    const booked = type.startsWith('01') ? 'hold' : isRefund ? 'refund' : 'charge'
    const one: Booked = {
      key,
      approvalCode,
      type: booked,
      amountMinor,
      last4: pan?.slice(-4) ?? about?.last4 ?? '',
      rrn,
      undone: false,
      used: false,
      completes: isCompletion ? about : undefined,
    }
    this.#booked.set(key, one)
    return { code: '00', approvalCode }
  }

  #mayGiveBack(about: Booked | undefined, amountMinor: number): boolean {
    return about?.type === 'charge' && !about.undone && amountMinor <= about.amountMinor
  }

  #reverse(request: AcquirerRequest): AcquirerReply {
    const { original, rrn } = request
    if (original === undefined) return { code: '30' }
    const key = keyOf(original.type, original.stan, original.sentAt)
    this.#tombs.add(key)
    const reference = referenceOf(original.type, rrn)
    const booked = this.#booked.get(key) ?? this.#byReference.get(reference)?.booked
    if (booked === undefined) {
      // Nothing comes of it any more, whatever its trace number.
      this.#byReference.set(reference, { reply: { code: '94' }, amountMinor: request.amountMinor, booked: undefined })
      return { code: '25' }
    }
    if (!booked.undone && booked.completes !== undefined) booked.completes.used = false
    booked.undone = true
    return { code: '00' }
  }

  get booked(): readonly Readonly<Booked>[] {
    return [...new Set(this.#booked.values())]
  }
  /** Taken from cards and not given back, minor units. */
  get takenMinor(): number {
    const sum = (type: Booked['type']) =>
      this.booked.filter((one) => one.type === type && !one.undone).reduce((total, { amountMinor }) => total + amountMinor, 0)
    return sum('charge') - sum('refund')
  }
  /** Reserved, and neither taken nor given back. */
  get heldMinor(): number {
    return this.booked.filter(({ type, undone, used }) => type === 'hold' && !undone && !used).reduce((total, { amountMinor }) => total + amountMinor, 0)
  }
}
