import { connect, type Socket } from 'node:net'
import type { Acquirer, AcquirerState, Answer, Asking, Exchange, ExchangeRef } from './acquirer.ts'
import { Deframer, frame } from './iso8583/frames.ts'
import { decodeMessage, encodeMessage, type Dialect, type FieldValue, type ReadMessage } from './iso8583/message.ts'
import { isApproval } from './response-codes.ts'
import type { KeyService } from '../key-service/key-service.ts'
import { MINUTE, SECOND, type Clock, type DurationMs, type EpochMs, type Timers } from '#protocol/time.ts'

export type ConnectorOptions = {
  readonly id: string
  readonly host: string
  readonly port: number
  readonly dialect: Dialect
  /** Card acceptor terminal (field 41, 8 characters) and merchant (field 42, 15), as the acquirer has named them; acquiring institution (field 32). */
  readonly terminal: string
  readonly merchant: string
  readonly institution: string
  /** How long an answer is waited for; after that it is not known what the acquirer did. */
  readonly patienceMs: DurationMs
}
type Ports = { readonly clock: Clock; readonly timers: Timers; readonly keyService: KeyService; warn(line: string): void }

const CONNECT_PATIENCE: DurationMs = 5 * SECOND
const REOPEN_PAUSE: DurationMs = 2 * SECOND
const ECHO_EVERY: DurationMs = 1 * MINUTE
/** Before all of them were asked about a line that carries nothing, it is better to open another. */
const MAX_WAITING = 200

const typeOf: Readonly<Record<ExchangeRef['kind'], string>> = { authorise: '0100', sale: '0200', capture: '0200', refund: '0200' }
const TAKE = '000000'
const GIVE_BACK = '200000'
/** Field 22: magnetic stripe, whole track; or a number that was kept. Third digit 2: no PIN can be entered here. */
const ENTRY = { track: '902', number: '012' } as const

type Waiting = { readonly asked: ReadonlyMap<number, FieldValue>; readonly answer: (message: ReadMessage | undefined) => void; readonly cancel: () => void }

/**
 * An acquirer over one TCP connection that is kept open: sign-on (0800, field 70 = 001) when it opens, an echo (301) once a minute. Answers are told apart by type,
 * trace number, time and terminal; one that nobody waits for, because it is late, repeated or about something else, is counted and changes nothing. Whatever
 * breaks while an answer is waited for is silence: the request may have been heard.
 */
export function openAcquirer(options: ConnectorOptions, ports: Ports): Acquirer {
  const { clock, timers, warn } = ports
  const waiting = new Map<string, Waiting>()
  let state: AcquirerState = { link: 'connecting', since: clock.now(), answered: 0, silent: 0, stray: 0 }
  let socket: Socket | undefined
  let isClosed = false
  let traces = 0
  let cancelEcho: () => void = () => undefined

  const become = (link: AcquirerState['link']) => {
    if (state.link !== link) state = { ...state, link, since: clock.now() }
  }

  function open(): void {
    if (isClosed) return
    const line = connect({ host: options.host, port: options.port })
    const deframer = new Deframer()
    line.setTimeout(CONNECT_PATIENCE)
    line.on('timeout', () => line.connecting && line.destroy())
    line.on('connect', () => {
      line.setTimeout(0)
      line.setNoDelay(true)
      void network(line, '001').then((isWelcome) => {
        if (!isWelcome) return void line.destroy()
        socket = line
        become('ready')
        echoLater(line)
      })
    })
    line.on('data', (bytes: Buffer) => {
      for (const message of deframer.push(bytes)) heard(line, message)
    })
    line.on('error', () => line.destroy())
    line.on('close', () => {
      if (socket === line) socket = undefined
      become('connecting')
      for (const { answer } of waiting.values()) answer(undefined)
      if (!isClosed) timers.after(REOPEN_PAUSE, open)
    })
  }

  function heard(line: Socket, bytes: Uint8Array): void {
    const message = decodeMessage(options.dialect, bytes)
    if (!message.ok) {
      warn(`acquirer ${options.id}: a message could not be read (${message.detail ?? ''}); the line is opened anew`)
      return void line.destroy()
    }
    const found = waiting.get(keyOf(message.value.type, message.value.fields))
    if (found === undefined || !isAbout(found.asked, message.value.fields)) state = { ...state, stray: state.stray + 1 }
    else found.answer(message.value)
  }

  /** Sends, and answers with what comes back; undefined after `patienceMs` or when the line goes. */
  function send(line: Socket, type: string, fields: ReadonlyMap<number, FieldValue>): Promise<ReadMessage | undefined> {
    return new Promise((resolve) => {
      const key = keyOf(responseTo(type), fields)
      const answer = (message: ReadMessage | undefined) => {
        waiting.get(key)?.cancel()
        waiting.delete(key)
        state = message === undefined ? { ...state, silent: state.silent + 1 } : { ...state, answered: state.answered + 1 }
        resolve(message)
      }
      waiting.set(key, { asked: fields, answer, cancel: timers.after(options.patienceMs, () => answer(undefined)) })
      const message = encodeMessage(options.dialect, { type, fields })
      const framed = frame(message)
      line.write(framed, () => {
        message.fill(0)
        framed.fill(0)
      })
    })
  }

  async function network(line: Socket, what: '001' | '301'): Promise<boolean> {
    traces = (traces % 999_999) + 1
    const fields = new Map<number, FieldValue>([
      [7, dateTime(clock.now())],
      [11, sixDigits(traces)],
      [70, what],
    ])
    const answer = await send(line, '0800', fields)
    if (answer !== undefined && answer.fields.get(39) !== '00') become('refused')
    return answer?.fields.get(39) === '00'
  }

  function echoLater(line: Socket): void {
    cancelEcho()
    cancelEcho = timers.after(ECHO_EVERY, () => {
      if (line.destroyed) return
      void network(line, '301').then((isAlive) => (isAlive ? echoLater(line) : line.destroy()))
    })
  }

  const named = new Map<number, FieldValue>([
    [32, options.institution],
    [41, options.terminal],
    [42, options.merchant],
  ])

  async function ask(asking: Asking): Promise<Answer> {
    const { exchange, currency, repeat, secret } = asking
    if (socket === undefined || waiting.size >= MAX_WAITING) return { type: 'unsent' }
    if (secret?.is === 'code') return { type: 'unreadable', code: 'card.unreadable' }
    const card = secret === undefined ? undefined : await ports.keyService.open(secret, asking.maskedPan)
    if (card !== undefined && !card.ok) return { type: 'unreadable', code: card.code }
    const line = socket
    const fields = new Map([...named, ...fieldsOf(exchange, currency, options.institution), ...(card === undefined ? [] : cardFields(card.value))])
    if (line === undefined) return { type: 'unsent' }
    const type = exchange.kind === 'reverse' ? `04${exchange.why === 'voided' ? '2' : '0'}${repeat > 0 ? '1' : '0'}` : typeOf[exchange.kind]
    const answering = send(line, type, fields)
    card?.value.fill(0)
    const answer = await answering
    const code = answer?.fields.get(39)
    if (code === undefined) return { type: 'silence' }
    if (!isApproval(code)) return { type: 'declined', code }
    const approvalCode = answer?.fields.get(38)
    return approvalCode === undefined ? { type: 'approved' } : { type: 'approved', approvalCode }
  }

  open()
  return {
    id: options.id,
    get state() {
      return state
    },
    ask,
    close() {
      isClosed = true
      cancelEcho()
      for (const { answer } of waiting.values()) answer(undefined)
      socket?.destroy()
    },
  }
}

/** 0100 → 0110, 0401 → 0410. */
const responseTo = (type: string): string => `${type.slice(0, 2)}${Number(type[2]) + 1}0`
const textOf = (value: FieldValue | undefined): string => (typeof value === 'string' ? value : '')
/** A trace number is the sender's own within a day (field 11 with 7), for one terminal. */
const keyOf = (type: string, fields: ReadonlyMap<number, FieldValue>): string =>
  [type, textOf(fields.get(11)), textOf(fields.get(7)), textOf(fields.get(41))].join('/')

/**
 * Whether an answer is about what was asked: the reference (field 37) and the amount (4), which acquirers give back as they got them. A part of the amount
 * that an issuer offers instead (response code 10) is not what the till asked for: it counts as no answer, and is undone.
 */
const isAbout = (asked: ReadonlyMap<number, FieldValue>, answered: ReadonlyMap<number, FieldValue>): boolean =>
  answered.get(39) !== PARTIAL &&
  [4, 37].every((field) => !asked.has(field) || !answered.has(field) || textOf(asked.get(field)) === textOf(answered.get(field)))
const PARTIAL = '10'

const sixDigits = (number: number): string => String(number).padStart(6, '0')
/** Field 7: MMDDhhmmss, UTC. */
const dateTime = (at: EpochMs): string => new Date(at).toISOString().replace(/^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d).*$/, '$1$2$3$4$5')

/** What is said of an exchange, without the card. Amounts are in minor units, which field 4 has as well (ISO 4217). */
function fieldsOf(exchange: Exchange, currency: string, institution: string): Map<number, FieldValue> {
  const { kind, amountMinor, stan, rrn, at, of } = exchange
  const sent = dateTime(at)
  const fields = new Map<number, FieldValue>([
    [3, kind === 'refund' ? GIVE_BACK : TAKE],
    [4, String(amountMinor).padStart(12, '0')],
    [7, sent],
    [11, sixDigits(stan)],
    [12, sent.slice(4)],
    [13, sent.slice(0, 4)],
    [25, kind === 'capture' ? '06' : '00'],
    // An acquirer finds what is to be undone by its own reference too.
    [37, kind === 'reverse' && of !== undefined ? of.rrn : rrn],
    [49, currency],
  ])
  if (of?.approvalCode !== undefined) fields.set(38, of.approvalCode)
  if (of !== undefined) fields.set(90, `${typeOf[of.kind]}${sixDigits(of.stan)}${dateTime(of.at)}${institution.padStart(11, '0')}${'0'.repeat(11)}`)
  return fields
}

const SEPARATOR = '='.charCodeAt(0)
/** Number, `=`, YYMM, in ASCII: as long as that it was kept; with more behind it, it is a whole track (ISO/IEC 7813). */
function cardFields(card: Uint8Array): Map<number, FieldValue> {
  const separator = card.indexOf(SEPARATOR)
  const isTrack = card.length > separator + 5
  if (isTrack)
    return new Map<number, FieldValue>([
      [22, ENTRY.track],
      [35, card],
    ])
  const number = new Map<number, FieldValue>([
    [2, card.subarray(0, separator)],
    [22, ENTRY.number],
  ])
  return card.length > separator + 1 ? number.set(14, card.subarray(separator + 1)) : number
}
