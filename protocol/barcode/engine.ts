/**
 * What reads codes out of pictures: a library, behind the few things that the till asks of it. The page, the bridge and the evaluation each hand
 * in the body that runs where they are.
 */

/** Red, green, blue and alpha, a byte each, row after row: as a canvas has it. */
export type Pixels = { readonly data: Uint8ClampedArray<ArrayBuffer>; readonly width: number; readonly height: number }
/** Pixels, or the bytes of a JPEG or PNG file. */
export type Picture = Pixels | Uint8Array

export const isEncoded = (picture: Picture): picture is Uint8Array => picture instanceof Uint8Array

/** One code in a picture. */
export type Code = {
  /** What it says. EAN-13, UPC-A and UPC-E: 13 digits. GS1 element strings have their separator (FNC1) as GS, ASCII 29. */
  readonly text: string
  /** AIM symbology identifier (ISO/IEC 15424), e.g. `]E0`; empty where the library cannot tell. */
  readonly aim: string
  /** Its symbology corrects errors, and proves thereby that what was read is what was printed: QR Code, Data Matrix, Aztec, PDF417. */
  readonly corrects: boolean
}

/**
 * `fast`: upright and sharp codes, in a few milliseconds. `thorough`: every line, turned by 90°, inverted, smaller. `products`: every line, but of
 * EAN and UPC alone, turned as well; for a picture that was sharpened.
 */
export type Effort = 'fast' | 'thorough' | 'products'

export interface Engine {
  /** All that it sees, none twice. Empty for a picture that it cannot take. */
  read(picture: Picture, effort: Effort): Promise<readonly Code[]>
}
