/**
 * The questions and answers of an ESC/POS printer (Epson "ESC/POS Command Reference": DLE EOT, GS r).
 * DLE EOT is answered at once, whatever the printer is doing, even when it is offline. GS r waits its turn behind the data sent before it,
 * so its answer says that all of that has been carried out: it is what confirms a receipt.
 */
export const statusQuestions = ['printer', 'offline', 'error', 'paper'] as const
export type StatusQuestion = (typeof statusQuestions)[number]

const DLE = 0x10
const EOT = 0x04
const GS = 0x1d

/** DLE EOT n. The answer is one byte that does not say which question it answers: ask one at a time. */
export const askStatus = (question: StatusQuestion): Uint8Array => Uint8Array.of(DLE, EOT, statusQuestions.indexOf(question) + 1)

/** GS r 1. */
export const askWhenDone: Uint8Array = Uint8Array.of(GS, 0x72, 1)

/**
 * `status`: answers DLE EOT (bits 0, 1, 4, 7 are 0, 1, 1, 0). `done`: answers GS r (bits 4 and 7 are 0). `automatic`: the first of the four bytes
 * that a printer sends by itself where GS a or a switch inside it has turned that on (bits 0, 1, 4, 7 are 0, 0, 1, 0); the other three
 * look like `done`. `other`: XON, XOFF, noise.
 */
export function kindOfAnswer(byte: number): 'status' | 'done' | 'automatic' | 'other' {
  if ((byte & 0b1001_0011) === 0b0001_0010) return 'status'
  if ((byte & 0b1001_0011) === 0b0001_0000) return 'automatic'
  return (byte & 0b1001_0000) === 0 ? 'done' : 'other'
}

export type StatusAnswers = Readonly<Partial<Record<StatusQuestion, number>>>

export type PrinterStatus = {
  readonly offline: boolean
  readonly coverOpen: boolean
  readonly paper: 'ok' | 'near_end' | 'out'
  readonly error?: 'cutter' | 'unrecoverable' | 'recoverable' | 'unknown'
  /** Pin 3 of the drawer's connector. High where a drawer is open, and where no drawer is. */
  readonly drawerHigh: boolean
}

/** The next question worth asking after these answers, or undefined when they say everything: the error cause only if there is an error. */
export function nextQuestion(answers: StatusAnswers): StatusQuestion | undefined {
  return statusQuestions.find((question) => answers[question] === undefined && (question !== 'error' || hasError(answers)))
}

export function readStatus(answers: StatusAnswers): PrinterStatus {
  const { printer = 0, offline = 0, error = 0, paper = 0 } = answers
  const status = {
    offline: (printer & 0x08) !== 0,
    drawerHigh: (printer & 0x04) !== 0,
    coverOpen: (offline & 0x04) !== 0,
    paper: (offline & 0x20) !== 0 || (paper & 0x60) !== 0 ? 'out' : (paper & 0x0c) !== 0 ? 'near_end' : 'ok',
  } as const
  return hasError(answers) ? { ...status, error: readError(error) } : status
}

export const AUTOMATIC_BYTES = 4

/** What a printer says by itself (Epson, "GS a"). The second byte is laid out as the answer to DLE EOT 3, the third as that to GS r 1. */
export function readAutomatic([first = 0, errors = 0, paper = 0]: readonly number[]): PrinterStatus {
  const answers = {
    printer: (first & 0x08) | (first & 0x04),
    offline: ((first & 0x20) >> 3) | (errors & 0x6c ? 0x40 : 0),
    error: errors,
    paper: (paper & 0x0c ? 0x60 : 0) | (paper & 0x03 ? 0x0c : 0),
  }
  return readStatus(answers)
}

const hasError = ({ offline = 0 }: StatusAnswers): boolean => (offline & 0x40) !== 0

function readError(answer: number): NonNullable<PrinterStatus['error']> {
  if ((answer & 0x20) !== 0) return 'unrecoverable'
  if ((answer & 0x08) !== 0) return 'cutter'
  return (answer & 0x44) !== 0 ? 'recoverable' : 'unknown'
}
