import { isEncoded, type Code, type Engine } from './engine.ts'

/** What a reader made of script alone found. `format` as @zxing/library names it. */
export type ScriptResult = { readonly text: string; readonly format: string }

/** One try of @zxing/library over the brightness of a picture; undefined where it finds nothing. It finds one code at most. */
export type ReadOne = (grey: Uint8ClampedArray<ArrayBuffer>, width: number, height: number, harder: boolean) => ScriptResult | undefined

/** The modifier says what follows about the data: none of these needs another than the usual. */
const AIM: Readonly<Record<string, string>> = {
  EAN_13: ']E0',
  UPC_A: ']E0',
  UPC_E: ']E0',
  EAN_8: ']E4',
  CODE_128: ']C0',
  CODE_39: ']A0',
  CODE_93: ']G0',
  ITF: ']I0',
  CODABAR: ']F0',
  RSS_14: ']e0',
  RSS_EXPANDED: ']e0',
  QR_CODE: ']Q1',
  DATA_MATRIX: ']d1',
  AZTEC: ']z0',
  PDF_417: ']L2',
}
const CORRECTING: ReadonlySet<string> = new Set(['QR_CODE', 'DATA_MATRIX', 'AZTEC', 'PDF_417'])

/** For a browser without WebAssembly: finds less and takes longer, but runs everywhere. */
export const scriptEngine = (readOne: ReadOne): Engine => ({
  read(picture, effort) {
    if (isEncoded(picture)) return Promise.resolve([])
    const { data, width, height } = picture
    const grey = new Uint8ClampedArray(width * height)
    for (let at = 0, from = 0; at < grey.length; at++, from += 4) grey[at] = ((data[from] ?? 0) + 2 * (data[from + 1] ?? 0) + (data[from + 2] ?? 0)) / 4
    const found = readOne(grey, width, height, effort !== 'fast')
    return Promise.resolve(found === undefined ? [] : [codeOf(found)])
  },
})

const codeOf = ({ text, format }: ScriptResult): Code => ({ text: dataOf(text, format), aim: AIM[format] ?? '', corrects: CORRECTING.has(format) })

/** As the other engine gives it: 13 digits for UPC, and element strings without the brackets that people read. */
function dataOf(text: string, format: string): string {
  if (format === 'UPC_A') return `0${text}`
  if (format === 'UPC_E') return `0${expandUpcE(text)}`
  if (format === 'RSS_14') return `01${text}`
  return format === 'RSS_EXPANDED' ? text.replaceAll(/\((\d{2,4})\)/g, '$1') : text
}

/** GS1 General Specifications, "UPC-E": the zeros that its eight digits leave out of the twelve of UPC-A. */
export function expandUpcE(digits: string): string {
  const [system, body, last, check] = [digits.slice(0, 1), digits.slice(1, 6), digits.slice(6, 7), digits.slice(7)]
  if (last <= '2') return `${system}${body.slice(0, 2)}${last}0000${body.slice(2)}${check}`
  if (last === '3') return `${system}${body.slice(0, 3)}00000${body.slice(3)}${check}`
  if (last === '4') return `${system}${body.slice(0, 4)}00000${body.slice(4)}${check}`
  return `${system}${body}0000${last}${check}`
}
