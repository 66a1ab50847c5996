import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Packing } from '../hub/messages.ts'

/**
 * Zstandard (RFC 8878) at its fastest level. Of half a megabyte of entries it leaves a quarter in about 1 ms and gives them back in 0.6 ms. The bytes that are saved
 * are signed, sent, verified, hashed and written to two disks, so that both ends spend less time with it than without. Deflate takes five times as long.
 */
export const zstd: Packing = {
  pack: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  unpack(bytes, maxBytes) {
    try {
      const { buffer, byteOffset, length } = zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
      return new Uint8Array(buffer, byteOffset, length)
    } catch {
      return undefined
    }
  },
}
