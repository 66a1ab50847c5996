import { ascii, literally, places, thousandths, type ScaleProtocol } from './scale.ts'

/**
 * CAS (ECR type 12 of its price computing scales; others have taken it over), 9600 baud 8N1. ENQ is answered with ACK when there is something to ask
 * for, DC1 then with the weight: SOH STX status sign weight unit BCC ETX EOT. BCC is the exclusive or of what stands between STX and it, so it may be any
 * character and frames are told by their length.
 */
const [SOH, STX, ETX, EOT, ENQ, ACK, NAK, DC1] = ['\x01', '\x02', '\x03', '\x04', '\x05', '\x06', '\x15', '\x11']

/** Ten characters: `S` stable or `U`, sign (`F`: over), six of weight, two of unit. */
const BODY = ['[SU]', '[ F-]', ...places(6, '[ \\d.]'), '[ a-z]', '[a-z]']
const START = SOH.length + STX.length

export const cas: ScaleProtocol = {
  forms: [[...literally(SOH + STX), ...BODY, '[^]', ...literally(ETX + EOT)], literally(ACK), literally(NAK)],
  read(frame) {
    if (frame === ACK) return { type: 'accepted' }
    if (frame === NAK) return { type: 'refused' }
    const body = frame.slice(START, START + BODY.length)
    if (blockCheck(body) !== frame.charCodeAt(START + BODY.length)) return undefined
    const [stable, sign] = [body[0] === 'S', body[1]]
    if (sign === 'F') return { type: 'state', state: 'over' }
    const milli = thousandths(body.slice(2, 8))
    if (milli === undefined) return undefined
    const unit = body.slice(8).trim().toLowerCase()
    return { type: 'weight', milli: sign === '-' ? -milli || 0 : milli, stable, unit: unit === 'kg' || unit === 'lb' ? unit : 'other' }
  },
  ask: () => ascii(ENQ),
  follow: ({ type }) => (type === 'accepted' ? ascii(DC1) : undefined),
}

const blockCheck = (text: string): number => [...text].reduce((check, sign) => check ^ sign.charCodeAt(0), 0)
