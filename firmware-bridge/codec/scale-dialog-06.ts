import { ascii, literally, places, type ScaleAnswer, type ScaleProtocol } from './scale.ts'

/**
 * Dialog 06 (also 04 at this baud rate), of checkout scales that show the customer weight, price and amount: 4800 baud 7O1. The till first sends the
 * price of one unit (record 01) and, when that is taken (ACK), asks for the result (EOT ENQ). The scale answers with record 02, or NAK; why, record 09
 * tells on request (record 08).
 */
const [STX, ETX, EOT, ENQ, ACK, NAK, ESC] = ['\x02', '\x03', '\x04', '\x05', '\x06', '\x15', '\x1b']

/** Record 02: status, weight of five digits, price of six (five in old scales), amount of six. */
const result = (priceDigits: number): readonly string[] => [
  ...literally(`${STX}02${ESC}`),
  '[0-3]',
  ...literally(ESC),
  ...places(5, '\\d'),
  ...literally(ESC),
  ...places(priceDigits, '\\d'),
  ...literally(ESC),
  ...places(6, '\\d'),
  ...literally(ETX),
]

export const dialog06: ScaleProtocol = {
  forms: [
    result(6),
    result(5),
    [...literally(`${STX}09${ESC}`), ...places(2, '\\d'), ...literally(ETX)],
    // Wants its checksums: the approval of a scale for this very till, which is not supported.
    [...literally(`${STX}11${ESC}`), '\\d', ...literally(ETX)],
    [...literally(`${STX}11${ESC}`), '2', ...places(2, '[\\dA-F]'), ...literally(ETX)],
    literally(ACK),
    literally(NAK),
  ],
  read(frame) {
    if (frame === ACK) return { type: 'accepted' }
    if (frame === NAK) return { type: 'refused' }
    const record = frame.slice(1, 3)
    if (record === '02') return readResult(frame[4] ?? '', Number(frame.slice(6, 11)))
    return record === '09' ? readReason(frame.slice(4, 6)) : { type: 'error', detail: 'the scale asks for checksums' }
  },
  ask: (unitMinor) => ascii(`${EOT}${STX}01${ESC}${String(unitMinor).padStart(6, '0')}${ESC}${ETX}`),
  follow({ type }) {
    if (type === 'accepted') return ascii(`${EOT}${ENQ}`)
    return type === 'refused' ? ascii(`${EOT}${STX}08${ETX}`) : undefined
  },
}

/** 0: pounds and ounces, which nobody sells by in thousandths; 1 and 2: hundredths of a pound; 3: grams. */
function readResult(status: string, digits: number): ScaleAnswer {
  if (status === '3') return { type: 'weight', milli: digits, stable: true, unit: 'kg' }
  return { type: 'weight', milli: digits * 10, stable: true, unit: status === '0' ? 'other' : 'lb' }
}

function readReason(code: string): ScaleAnswer {
  switch (code) {
    case '20':
    case '22':
      return { type: 'state', state: 'unstable' }
    case '21':
      return { type: 'unchanged' }
    // Less than the least weight that it may be used for: the pan counts as empty.
    case '30':
      return { type: 'state', state: 'zero' }
    case '31':
      return { type: 'state', state: 'under' }
    case '32':
      return { type: 'state', state: 'over' }
    // A price that it does not take, such as that of nothing before the first weighing.
    case '11':
      return { type: 'no_weight' }
    default:
      return { type: 'error', detail: `status ${code}` }
  }
}
