import type { Minor } from '../money.ts'
import type { EpochMs } from '../time.ts'

/** What a decoded CBOR item must be before it is believed. Written by hand: a code is read in microseconds, and each check is one line. */

export const isBytes = (value: unknown, length: number): value is Uint8Array => value instanceof Uint8Array && value.length === length

export const isMinor = (value: unknown): value is Minor => Number.isSafeInteger(value) && Number(value) >= 0

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1

/** Seconds since 1970 in 32 bits: until 2106, and five bytes of CBOR. */
export const isSeconds = (value: unknown): value is number => isMinor(value) && value <= 0xffff_ffff

export const seconds = (time: EpochMs): number => Math.floor(time / 1000)
