import { ascii, literally, places, thousandths, type ScaleAnswer, type ScaleProtocol } from './scale.ts'

/**
 * Mettler Toledo 8217 and its many likenesses (8217 Technical Manual, "Toledo 8217 ASCII protocol"), 9600 baud 7E1. `W` is answered with
 * STX weight [N] CR, where `N` says net, or, while there is no weight to sell by, with STX `?` status CR.
 */
const STX = '\x02'
const CR = '\r'

/** Status bits. Bit 6 is always set; the parity bit is not part of the character. */
const MOTION = 0x01
const OVER = 0x02
const UNDER = 0x04
const CENTRE_OF_ZERO = 0x10

const weight = (digits: number, net: boolean): readonly string[] => [...literally(STX), ...places(digits, '[ \\d.]'), ...(net ? ['N'] : []), ...literally(CR)]

export const toledo8217: ScaleProtocol = {
  // `01.235` in kg, `12.34` in lb.
  forms: [weight(6, false), weight(6, true), weight(5, false), weight(5, true), [...literally(STX), '\\?', '[@-\\x7f]', ...literally(CR)]],
  read(frame) {
    if (frame[1] === '?') return readStatus(frame.charCodeAt(2))
    const milli = thousandths(frame.slice(1, -1).replace('N', ''))
    return milli === undefined ? undefined : { type: 'weight', milli, stable: true, unit: undefined }
  },
  ask: () => ascii('W'),
  follow: () => undefined,
  zero: ascii('Z'),
  tare: ascii('T'),
}

/** Over and under stay true while the plate still moves. */
function readStatus(status: number): ScaleAnswer {
  if (status & OVER) return { type: 'state', state: 'over' }
  if (status & UNDER) return { type: 'state', state: 'under' }
  if (status & MOTION) return { type: 'state', state: 'unstable' }
  return status & CENTRE_OF_ZERO ? { type: 'state', state: 'zero' } : { type: 'no_weight' }
}
