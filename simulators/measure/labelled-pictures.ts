import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import type { Pixels } from '#protocol/barcode/engine.ts'
import { expandUpcE } from '#protocol/barcode/script-engine.ts'

/** A picture on the disk and what its code says; a truth in a `.bin` file is bytes, since not every code holds text. */
export type LabelledPicture = { readonly set: string; readonly path: string; readonly truth: string | Uint8Array | undefined }
/** What an engine read; `bytes` where it can tell them. */
export type Reading = { readonly text: string; readonly aim: string; readonly bytes: Uint8Array | undefined }

/** Every picture in the folders of `folder`, in a fixed order. `NAME.metadata.txt` is no truth: it says how a code was made, not what it holds. */
export function labelledPictures(folder: string): readonly LabelledPicture[] {
  const sets = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return sets
    .map(({ name }) => name)
    .toSorted()
    .flatMap((set) =>
      readdirSync(join(folder, set))
        .filter((file) => /\.(?:png|jpe?g|gif|webp)$/i.test(file))
        .toSorted()
        .map((file) => {
          const path = join(folder, set, file)
          return { set, path, truth: truthBeside(path.replace(/\.\w+$/, '')) }
        }),
    )
}

function truthBeside(base: string): string | Uint8Array | undefined {
  if (existsSync(`${base}.txt`)) return readFileSync(`${base}.txt`, 'utf8')
  return existsSync(`${base}.bin`) ? readFileSync(`${base}.bin`) : undefined
}

/** A kind of code: its sets are numbered (`ean13-2`, `ean13-3`). */
export const kindOf = (set: string): string => set.replace(/-\d+$/, '')

export async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.flatten({ background: '#fff' }).toColourspace('srgb').ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
}

export const fullSize = ({ path }: LabelledPicture): Promise<Pixels> => pixelsOf(sharp(path))
export const vgaSize = ({ path }: LabelledPicture): Promise<Pixels> => pixelsOf(sharp(path).resize(640, 480, { fit: 'inside' }))

/**
 * Whether it was read as it is. The truths were written down as people know the codes, engines give them as the standards do: a GTIN of 8, 12 or 13
 * digits, or UPC-E's eight, is the same GTIN; brackets around application identifiers and the letters that start and stop Codabar are no data.
 */
export function isRight(truth: string | Uint8Array, { text, aim, bytes }: Reading): boolean {
  if (typeof truth !== 'string') return bytes !== undefined && Buffer.compare(truth, bytes) === 0
  return normalised(text, aim) === normalised(truth, aim)
}

function normalised(text: string, aim: string): string {
  switch (aim.slice(0, 2)) {
    case ']E':
      return /^[01]\d{7}$/.test(text) && aim === ']E0' ? expandUpcE(text).padStart(14, '0') : text.padStart(14, '0')
    case ']e': {
      const data = text.replaceAll(/\((\d{2,4})\)/g, '$1').replaceAll('\u001d', '')
      return /^\d{14}$/.test(data) ? `01${data}` : data
    }
    case ']F':
      return text.replace(/^[A-D](.*)[A-D]$/, '$1')
    default:
      return text
  }
}
