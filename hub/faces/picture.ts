import sharp from 'sharp'
import { MAX_PICTURE_BYTES } from '#protocol/faces/messages.ts'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'
import type { Picture } from './engine.ts'

/** Of what it decodes to: a bomb is refused by its header, before there is room for its pixels. */
const MAX_PIXELS = 2048 * 2048
const MIN_SIDE = 32
/** Sides of what the nets see: a larger picture shows them nothing more. */
const MAX_SIDE = 800

/**
 * For a process that reads nothing but cameras' pictures: whatever else libvips could read, a stranger's bytes must not be able to ask it to. Each worker is one
 * core, and sees no picture twice.
 */
export function readOnlyPictures(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'] })
  sharp.concurrency(1)
  sharp.cache(false)
}

export type PictureCode = 'face.image_unreadable' | 'face.image_too_large'

/**
 * A JPEG, PNG or WebP file as upright pixels, at most MAX_SIDE on the longer side. Whatever the bytes are (cut off, of no size, a bomb, something else), it
 * answers with one clear code and no more memory than MAX_PIXELS take.
 */
export async function decodePicture(bytes: Uint8Array): Promise<Outcome<Picture, PictureCode>> {
  if (bytes.length > MAX_PICTURE_BYTES) return fail('face.image_too_large', `${bytes.length} bytes`)
  if (!isPicture(bytes)) return fail('face.image_unreadable', 'neither JPEG, PNG nor WebP')
  try {
    const image = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true, autoOrient: true })
    const { width, height, pages = 1 } = await image.metadata()
    if (width * height > MAX_PIXELS) return fail('face.image_too_large', `${width}x${height}`)
    if (Math.min(width, height) < MIN_SIDE || pages !== 1) return fail('face.image_unreadable', `${width}x${height}, ${pages} pages`)
    const { data, info } = await image
      .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#000' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    // Grey stays one channel in some files.
    const rgb = info.channels === 3 ? data : spread(data, info.width * info.height, info.channels)
    return ok({ data: rgb, width: info.width, height: info.height })
  } catch (error) {
    // libvips says in words what is wrong; they are for a log, and no picture is in them.
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    return fail(/pixel limit/.test(why) ? 'face.image_too_large' : 'face.image_unreadable', why)
  }
}

function spread(data: Uint8Array, pixels: number, channels: number): Uint8Array {
  const rgb = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels] ?? 0, 3 * i, 3 * i + 3)
  return rgb
}

const startsWith = (bytes: Uint8Array, start: readonly number[], at = 0): boolean => start.every((byte, index) => bytes[at + index] === byte)
const RIFF = [0x52, 0x49, 0x46, 0x46]
const WEBP = [0x57, 0x45, 0x42, 0x50]
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const JPEG = [0xff, 0xd8, 0xff]
const isPicture = (bytes: Uint8Array): boolean => startsWith(bytes, JPEG) || startsWith(bytes, PNG) || (startsWith(bytes, RIFF) && startsWith(bytes, WEBP, 8))
