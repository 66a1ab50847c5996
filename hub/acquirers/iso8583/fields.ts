/**
 * Data elements of ISO 8583:1987 (table 5 of the standard), numbered as there. How long a value may be is counted in digits or characters.
 *
 * `n` digits, `z` track data (digits, `=` or `D`), `an` letters and digits, `ans` any printable character, `x+n` a sign (C or D) and digits,
 * `b` bytes. A fixed field has exactly `length`; `ll` and `lll` have up to it, and their length in front in two or three digits.
 */
export type FieldKind = 'n' | 'z' | 'an' | 'ans' | 'x+n' | 'b'
export type FieldForm = { readonly kind: FieldKind; readonly size: 'fixed' | 'll' | 'lll'; readonly length: number }

const fixed = (kind: FieldKind, length: number): FieldForm => ({ kind, size: 'fixed', length })
const ll = (kind: FieldKind, length: number): FieldForm => ({ kind, size: 'll', length })
const lll = (kind: FieldKind, length = 999): FieldForm => ({ kind, size: 'lll', length })
const run = (from: number, forms: readonly FieldForm[]): [number, FieldForm][] => forms.map((form, at) => [from + at, form])
const times = (count: number, form: FieldForm): FieldForm[] => Array.from({ length: count }, () => form)

export const fieldForms: ReadonlyMap<number, FieldForm> = new Map<number, FieldForm>([
  [2, ll('n', 19)],
  [3, fixed('n', 6)],
  // Amounts: of the transaction, at settlement, as billed.
  ...run(4, times(3, fixed('n', 12))),
  [7, fixed('n', 10)],
  ...run(8, times(3, fixed('n', 8))),
  // System trace audit number; local time, local date, expiry, and the dates of settlement, conversion and capture.
  [11, fixed('n', 6)],
  [12, fixed('n', 6)],
  ...run(13, times(5, fixed('n', 4))),
  [18, fixed('n', 4)],
  ...run(19, times(6, fixed('n', 3))),
  [25, fixed('n', 2)],
  [26, fixed('n', 2)],
  [27, fixed('n', 1)],
  ...run(28, times(4, fixed('x+n', 8))),
  [32, ll('n', 11)],
  [33, ll('n', 11)],
  [34, ll('ans', 28)],
  [35, ll('z', 37)],
  [36, lll('z', 104)],
  // Retrieval reference number, authorisation identification, response code.
  [37, fixed('an', 12)],
  [38, fixed('an', 6)],
  [39, fixed('an', 2)],
  [40, fixed('an', 3)],
  [41, fixed('ans', 8)],
  [42, fixed('ans', 15)],
  [43, fixed('ans', 40)],
  [44, ll('ans', 25)],
  [45, ll('ans', 76)],
  ...run(46, times(3, lll('ans'))),
  ...run(49, times(3, fixed('an', 3))),
  [52, fixed('b', 8)],
  [53, fixed('n', 16)],
  [54, lll('an', 120)],
  ...run(55, times(9, lll('ans'))),
  [64, fixed('b', 8)],
  [66, fixed('n', 1)],
  [67, fixed('n', 2)],
  ...run(68, times(3, fixed('n', 3))),
  [71, fixed('n', 4)],
  [72, fixed('n', 4)],
  [73, fixed('n', 6)],
  ...run(74, times(8, fixed('n', 10))),
  ...run(82, times(4, fixed('n', 12))),
  ...run(86, times(4, fixed('n', 16))),
  // Original data elements: type, trace number, date and time, acquiring and forwarding institution of the message that this one is about.
  [90, fixed('n', 42)],
  [91, fixed('an', 1)],
  [92, fixed('an', 2)],
  [93, fixed('n', 5)],
  [94, fixed('an', 7)],
  [95, fixed('an', 42)],
  [96, fixed('b', 8)],
  [97, fixed('x+n', 16)],
  [98, fixed('ans', 25)],
  [99, ll('n', 11)],
  [100, ll('n', 11)],
  [101, ll('ans', 17)],
  [102, ll('ans', 28)],
  [103, ll('ans', 28)],
  [104, lll('ans', 100)],
  ...run(105, times(23, lll('ans'))),
  [128, fixed('b', 8)],
])
