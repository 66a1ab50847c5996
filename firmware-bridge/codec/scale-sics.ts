import { ascii, literally, places, thousandths, type ScaleAnswer, type ScaleProtocol } from './scale.ts'

/**
 * MT-SICS, the Standard Interface Command Set of Mettler Toledo (MT-SICS Reference Manual, levels 0 and 1), 9600 baud 8N1. Lines end in CR LF. `SI` is
 * answered at once, with a stable or a dynamic weight; `Z` and `T` when the plate rests.
 */
const END = literally('\r\n')

/** `S S     100.00 g`: command, status, weight, unit. The weight has ten places, in some scales eleven. */
const weightWith = (head: string, width: number, unit: string): readonly string[] => [
  ...literally(head),
  ' ',
  ...places(width, '[ \\d.+-]'),
  ' ',
  ...literally(unit),
  ...END,
]

const UNITS = ['kg', 'g', 'lb', 'oz', 't']
const HEADS = ['S S', 'S D', 'T S']
const SHORT = ['S I', 'S +', 'S -', 'Z A', 'Z I', 'Z +', 'Z -', 'T I', 'T +', 'T -', 'ES', 'ET', 'EL']

export const sics: ScaleProtocol = {
  forms: [
    ...HEADS.flatMap((head) => UNITS.flatMap((unit) => [weightWith(head, 10, unit), weightWith(head, 11, unit)])),
    ...SHORT.map((answer) => [...literally(answer), ...END]),
  ],
  read(frame) {
    const line = frame.slice(0, -2)
    return line.length > 3 ? readWeight(line) : readShort(line)
  },
  ask: () => ascii('SI\r\n'),
  follow: () => undefined,
  zero: ascii('Z\r\n'),
  tare: ascii('T\r\n'),
}

function readWeight(line: string): ScaleAnswer | undefined {
  const at = line.lastIndexOf(' ')
  const field = thousandths(line.slice(4, at))
  if (field === undefined) return undefined
  // The answer to `T` tells the tare, not what lies on the scale.
  if (line.startsWith('T')) return { type: 'done' }
  const unit = line.slice(at + 1)
  const stable = line[2] === 'S'
  if (unit === 'g') return { type: 'weight', milli: Math.trunc(field / 1000), stable, unit: 'kg' }
  return { type: 'weight', milli: field, stable, unit: unit === 'kg' || unit === 'lb' ? unit : 'other' }
}

function readShort(line: string): ScaleAnswer {
  const [command = '', status = ''] = line.split(' ')
  if (command.startsWith('E'))
    return { type: 'error', detail: { ES: 'it does not know the command', ET: 'transmission error', EL: 'wrong parameter' }[command] ?? command }
  const state = { I: 'unstable', '+': 'over', '-': 'under' } as const
  const why = status === 'I' || status === '+' || status === '-' ? state[status] : undefined
  if (command === 'S') return why === undefined ? { type: 'no_weight' } : { type: 'state', state: why }
  return why === undefined ? { type: 'done' } : { type: 'not_done', state: why }
}
