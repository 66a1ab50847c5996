import type { WeightUnit } from '#protocol/device/messages.ts'

/**
 * What every scale protocol has in common: questions and answers of a few bytes. Each protocol is a file of its own that lists what its answers look
 * like; this one finds them in a stream of any bytes.
 */
export type ScaleAnswer =
  /** What the scale shows, net of its tare, in thousandths of `unit`; below zero is possible, and so is a unit that nobody sells by. */
  | { readonly type: 'weight'; readonly milli: number; readonly stable: boolean; readonly unit: WeightUnit | 'other' | undefined }
  | { readonly type: 'state'; readonly state: 'unstable' | 'zero' | 'under' | 'over' }
  /** Taken: the next question may come. */
  | { readonly type: 'accepted' }
  | { readonly type: 'refused' }
  /** Nothing has moved since it told its last weight. */
  | { readonly type: 'unchanged' }
  /** It says nothing about what lies on it. */
  | { readonly type: 'no_weight' }
  /** A command was carried out, or cannot be now and why. */
  | { readonly type: 'done' }
  | { readonly type: 'not_done'; readonly state: 'unstable' | 'under' | 'over' | undefined }
  /** It heard something that it does not understand, or has a fault. */
  | { readonly type: 'error'; readonly detail: string }

export type ScaleItem = ScaleAnswer | { readonly type: 'garbage'; readonly bytes: number }

export interface ScaleProtocol {
  /** Forms of an answer: what stands at each place, as a regular expression for one character (ISO 8859-1). All of one form have the same length. */
  readonly forms: readonly (readonly string[])[]
  /** `frame` has one of the forms. Undefined: damaged all the same (check character). */
  read(frame: string): ScaleAnswer | undefined
  /** Asks for the weight; a scale that computes prices is told the price of one unit, in minor units. */
  ask(unitMinor: number): Uint8Array
  /** What goes on with the same question upon an answer to it. */
  follow(answer: ScaleAnswer): Uint8Array | undefined
  /** Undefined: has none. */
  readonly zero?: Uint8Array
  readonly tare?: Uint8Array
}

export type ScaleDecoder = {
  /** The beginning of an answer, shorter than the longest form. */
  readonly held: string
  /** Bytes thrown away since the last `garbage`. */
  readonly thrown: number
}

export const NO_BYTES: ScaleDecoder = { held: '', thrown: 0 }

/** Noise without end is told so many bytes at a time. */
export const MAX_GARBAGE = 64

type Form = { readonly first: RegExp; readonly whole: RegExp; readonly beginning: RegExp; readonly length: number }

/** Takes bytes as they come, in pieces of any size; the items are the same however they were cut. What begins no answer is thrown away byte by byte. */
export function scaleDecoder(protocol: ScaleProtocol): (
  decoder: ScaleDecoder,
  bytes: Uint8Array,
) => {
  readonly decoder: ScaleDecoder
  readonly items: readonly ScaleItem[]
} {
  const forms = protocol.forms.map(toForm)
  /** By the character that they begin with. A protocol has dozens of forms, and of noise hardly a byte begins one. */
  const formsFrom = Array.from({ length: 256 }, (_, code) => forms.filter(({ first }) => first.test(String.fromCharCode(code))))
  return (decoder, bytes) => {
    let text = decoder.held
    for (const byte of bytes) text += String.fromCharCode(byte)
    const items: ScaleItem[] = []
    let { thrown } = decoder
    let at = 0
    const tell = () => {
      if (thrown > 0) items.push({ type: 'garbage', bytes: thrown })
      thrown = 0
    }
    while (at < text.length) {
      const possible = formsFrom[text.charCodeAt(at)] ?? []
      const found = possible.find(({ whole, length }) => whole.test(text.slice(at, at + length)))
      const answer = found && protocol.read(text.slice(at, at + found.length))
      if (found && answer) {
        tell()
        items.push(answer)
        at += found.length
      } else if (!found && possible.some(({ beginning, length }) => text.length - at < length && beginning.test(text.slice(at)))) {
        break
      } else {
        at++
        if (++thrown === MAX_GARBAGE) tell()
      }
    }
    return { decoder: { held: text.slice(at), thrown }, items }
  }
}

/** The answer under way will not be finished: gives up what is held. */
export function giveUpAnswer({ held, thrown }: ScaleDecoder): { readonly decoder: ScaleDecoder; readonly items: readonly ScaleItem[] } {
  const bytes = held.length + thrown
  return { decoder: NO_BYTES, items: bytes === 0 ? [] : [{ type: 'garbage', bytes }] }
}

function toForm(places: readonly string[]): Form {
  const beginning = places.reduceRight((rest, place) => `(?:${place}${rest})?`, '')
  return { first: new RegExp(`^${places[0]}$`), whole: new RegExp(`^${places.join('')}$`), beginning: new RegExp(`^${beginning}$`), length: places.length }
}

/** `count` places alike. */
export const places = (count: number, place: string): readonly string[] => Array.from({ length: count }, () => place)

/** Every character of a text, as itself. */
export const literally = (text: string): readonly string[] => [...text].map((sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)

/**
 * Thousandths of a decimal number such as ` 1.235`, `-0.5` or `100.00`; digits beyond the third are cut off, as no scale for trade has them. Undefined
 * if it is none: a field of blanks is not zero.
 */
export function thousandths(text: string): number | undefined {
  const [, sign, whole, decimals = ''] = /^\s*([+-]?)\s*(\d+)(?:\.(\d*))?\s*$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const milli = Number(whole + decimals.slice(0, 3).padEnd(3, '0'))
  return sign === '-' ? -milli || 0 : milli
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0))
