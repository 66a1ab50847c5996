import type { ScalePan, ScaleView } from './scale-pan.ts'

/** One protocol at the scale's end, written from its manual: takes what the till sends, byte by byte, and answers. */
export interface ScaleSpeech {
  readonly baudRate: number
  /** The answer to this byte, if it ends a question; a function is asked again and again until it has one (the scale waits for the pan to rest). */
  hear(byte: number): string | (() => string | undefined) | undefined
  /** The same answer with something wrong in it that a check would find. */
  damage(answer: string): string
  /** What it says when it will not have a question. */
  readonly refusal: string
}

export const scaleSpeeches = { 'toledo-8217': speakToledo, sics: speakSics, 'dialog-06': speakDialog, cas: speakCas } as const
export type ScaleProtocolName = keyof typeof scaleSpeeches

/** `1.235`, zeros in front up to `width` characters. */
const decimal = (milli: number, decimals: number, width: number): string => (Math.abs(milli) / 1000).toFixed(decimals).padStart(width, '0')

/** Turns one character into another that cannot stand there, as a parity error or noise does. */
const blurred = (answer: string): string => {
  const at = answer.length >> 1
  return `${answer.slice(0, at)}#${answer.slice(at + 1)}`
}

/** Mettler Toledo 8217. Each command is one character. */
function speakToledo(pan: ScalePan, unit: string): ScaleSpeech {
  const decimals = unit === 'kg' ? 3 : 2
  const status = ({ state, milli }: ScaleView): string => {
    const bits =
      (state === 'unstable' ? 1 : 0) | (state === 'over' ? 2 : 0) | (state === 'under' ? 4 : 0) | (milli === 0 ? 16 : 0) | (pan.tareMilli > 0 ? 32 : 0)
    return `\x02?${String.fromCharCode(0x40 | bits)}\r`
  }
  return {
    baudRate: 9600,
    hear(byte) {
      const command = String.fromCharCode(byte)
      if (command === 'Z') pan.zero()
      if (command === 'T') pan.tare()
      if (command === 'Z' || command === 'T') return status(pan.view())
      if (command !== 'W') return undefined
      const view = pan.view()
      return view.state === 'stable' ? `\x02${decimal(view.milli, decimals, 3 + decimals)}${pan.tareMilli > 0 ? 'N' : ''}\r` : status(view)
    },
    damage: blurred,
    refusal: '\x15',
  }
}

/** MT-SICS level 0 and 1. */
function speakSics(pan: ScalePan, unit: string): ScaleSpeech {
  let line = ''
  const withWeight = (head: string, milli: number) => `${head} ${`${milli < 0 ? '-' : ''}${decimal(milli, 3, 5)}`.padStart(10)} ${unit}\r\n`
  const told = (head: string, { state, milli }: ScaleView): string => {
    if (state === 'over') return 'S +\r\n'
    // Less than twenty divisions below zero is shown with its sign; the scale of a counter has an underload there.
    return state === 'under' && milli < -20 ? 'S -\r\n' : withWeight(head, milli)
  }
  const atRest = (answer: () => string) => () => (pan.view().state === 'unstable' ? undefined : answer())
  const carryOut = (command: string) => {
    switch (command) {
      case 'SI': {
        const view = pan.view()
        return told(view.state === 'unstable' ? 'S D' : 'S S', view)
      }
      case 'S':
        return atRest(() => told('S S', pan.view()))
      case 'Z':
        return atRest(() => (pan.zero() ? 'Z A\r\n' : 'Z +\r\n'))
      case 'T':
        return atRest(() => (pan.tare() ? withWeight('T S', pan.tareMilli) : 'T -\r\n'))
      default:
        return 'ES\r\n'
    }
  }
  return {
    baudRate: 9600,
    hear(byte) {
      if (byte !== 0x0a) {
        line = (line + String.fromCharCode(byte)).slice(-32)
        return undefined
      }
      const command = line.trim()
      line = ''
      return carryOut(command)
    },
    damage: blurred,
    refusal: 'ES\r\n',
  }
}

/** Dialog 06. A result is given once; the next one only after the pan has moved. */
function speakDialog(pan: ScalePan, unit: string): ScaleSpeech {
  let heard = ''
  let price: string | undefined
  let told: number | undefined
  let reason = '00'
  const refuse = (why: string) => {
    reason = why
    return '\x15'
  }
  const record01 = (digits: string) => {
    if (Number(digits) === 0) return refuse('11')
    price = digits
    return '\x06'
  }
  const result = () => {
    const { state, milli } = pan.view()
    if (state === 'unstable') {
      told = undefined
      return refuse('20')
    }
    if (state === 'over') return refuse('32')
    if (state === 'under') return refuse('31')
    if (milli === 0) return refuse('30')
    if (price === undefined) return refuse('10')
    if (told === milli) return refuse('21')
    told = milli
    const amount = Math.round((Number(price) * milli) / 1000)
    const weight = String(unit === 'kg' ? milli : Math.round(milli / 10)).padStart(5, '0')
    return `\x0202\x1b${unit === 'kg' ? 3 : 1}\x1b${weight}\x1b${price}\x1b${String(amount).padStart(6, '0')}\x03`
  }
  return {
    baudRate: 4800,
    hear(byte) {
      heard = (heard + String.fromCharCode(byte)).slice(-40)
      if (heard.endsWith('\x04\x05')) return result()
      if (heard.endsWith('\x04\x0208\x03')) return `\x0209\x1b${reason}\x03`
      const digits = heard.slice(-8, -2)
      if (heard.endsWith(`\x04\x0201\x1b${digits}\x1b\x03`) && /^\d{6}$/.test(digits)) return record01(digits)
      // Any other record.
      return byte === 0x03 ? refuse('10') : undefined
    },
    damage: blurred,
    refusal: '\x15',
  }
}

/** CAS, ECR type 12. */
function speakCas(pan: ScalePan, unit: string): ScaleSpeech {
  const weight = () => {
    const { state, milli } = pan.view()
    const sign = state === 'over' ? 'F' : milli < 0 ? '-' : ' '
    const body = `${state === 'unstable' ? 'U' : 'S'}${sign}${decimal(state === 'over' ? 0 : milli, 3, 6)}${unit}`
    const check = [...body].reduce((so, sign) => so ^ sign.charCodeAt(0), 0)
    return `\x01\x02${body}${String.fromCharCode(check)}\x03\x04`
  }
  return {
    baudRate: 9600,
    hear: (byte) => (byte === 0x05 ? '\x06' : byte === 0x11 ? weight() : undefined),
    damage: (answer) =>
      answer.length > 12 ? `${answer.slice(0, -3)}${String.fromCharCode(answer.charCodeAt(answer.length - 3) ^ 1)}\x03\x04` : blurred(answer),
    refusal: '\x15',
  }
}
