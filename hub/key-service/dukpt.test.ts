import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decryptTrack, initialKey, readKsn, workingKey, type Scheme } from './dukpt.ts'
import { freshKeys, trackKey, withoutKey, type ReaderKeys } from './reader-keys.ts'
import { invariant } from '#protocol/outcome.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'hex')
const readerOf = (scheme: Scheme, ksn: string): Buffer => {
  const read = readKsn(scheme, bytes(ksn))
  invariant(read !== undefined, 'a serial number of the vectors')
  return bytes(read.reader)
}

// The standards' own examples: X9.24-1:2009 annex A.4, X9.24-3:2017 annex B (as the public supplement lists them).
const TDES = { base: '0123456789ABCDEFFEDCBA9876543210', ksn: 'FFFF9876543210E00000', initial: '6AC292FAA1315B4D858AB3A3D7D5933A' }
const TDES_KEYS = [
  '042666B49184CFA368DE9628D0397BC9',
  'C46551CEF9FD24B0AA9AD834130D3BC7',
  '0DF3D9422ACA56E547676D07AD6BADFA',
  '279C0F6AEED0BE652B2C733E1383AE91',
]
const AES = { base: 'FEDCBA9876543210F1F1F1F1F1F1F1F1', ksn: '123456789012345600000000', initial: '1273671EA26AC29AFA4D1084127652A1' }
const AES_KEYS = [
  '4F21B565BAD9835E112B6465635EAE44',
  '2F34D68DE10F68D38091A73B9E7C437C',
  '031504E530365CF81264238540518318',
  '0EEFC7ADA628BA68878DA9165A8A1887',
]

describe.each([
  ['tdes-dukpt-pin', TDES, TDES_KEYS],
  ['tdes-dukpt-data', TDES, TDES_KEYS],
  ['aes-dukpt-data', AES, AES_KEYS],
] as const)('%s', (scheme, { base, ksn, initial }, transactionKeys) => {
  const reader = readerOf(scheme, ksn)
  const keys = (): ReaderKeys => freshKeys(scheme, reader.toString('hex'), initialKey(scheme, bytes(base), reader).toString('hex'))

  it('makes the key that is put into a reader', () => {
    expect(initialKey(scheme, bytes(base), reader).toString('hex').toUpperCase()).toBe(initial)
  })

  it('makes each transaction’s key', () => {
    for (const [index, key] of transactionKeys.entries())
      expect(trackKey(keys(), index + 1)?.toString('hex')).toBe(workingKey(scheme, bytes(key), reader, index + 1).toString('hex'))
  })

  it('destroys a counter’s key and no other, in any order', () => {
    const counter = fc.integer({ min: 1, max: 300 })
    fc.assert(
      fc.property(fc.array(counter, { maxLength: 25 }), fc.array(counter, { maxLength: 10 }), (destroyed, asked) => {
        const whole = keys()
        const left = destroyed.reduce(withoutKey, whole)
        for (const one of [...asked, ...destroyed])
          expect(trackKey(left, one)?.toString('hex')).toBe(destroyed.includes(one) ? undefined : trackKey(whole, one)?.toString('hex'))
      }),
      { numRuns: 30 },
    )
  })

  it('stays small over the life of a reader that is used in order', () => {
    let left = keys()
    for (let counter = 1; counter <= 1000; counter++) left = withoutKey(left, counter)
    expect(Object.keys(left.single)).toEqual([])
    expect(Object.keys(left.roots).length).toBeLessThan(scheme === 'aes-dukpt-data' ? 40 : 30)
    expect(trackKey(left, 1000)).toBeUndefined()
    expect(trackKey(left, 1001)?.toString('hex')).toBe(trackKey(keys(), 1001)?.toString('hex'))
  })
})

it('keeps nothing from which a destroyed key could be made', () => {
  const reader = readerOf('tdes-dukpt-data', TDES.ksn)
  const whole = freshKeys('tdes-dukpt-data', reader.toString('hex'), TDES.initial.toLowerCase())
  const left = withoutKey(whole, 3)
  // The way to 3 leads over 2: its key is gone, and what is left of it opens the track of 2 alone.
  expect(JSON.stringify(left)).not.toContain(TDES_KEYS[1]?.toLowerCase())
  expect(JSON.stringify(left)).not.toContain(TDES_KEYS[2]?.toLowerCase())
  expect(JSON.stringify(left)).not.toContain(TDES.initial.toLowerCase())
  expect(left.single).toEqual({ 2: trackKey(whole, 2)?.toString('hex') })
})

it('opens the example of the standard’s data key', () => {
  // X9.24-1:2009 annex A.4.1: the first transaction's data key (request) over a track of the example.
  const key = workingKey('tdes-dukpt-data', bytes(TDES_KEYS[0] ?? ''), readerOf('tdes-dukpt-data', TDES.ksn), 1)
  expect(key.toString('hex').toUpperCase()).toBe('448D3F076D8304036A55A3D7E0055A78')
  expect(decryptTrack('tdes-dukpt-data', key, Buffer.alloc(7))).toBeUndefined()
  expect(decryptTrack('tdes-dukpt-data', key, Buffer.alloc(16))?.length).toBe(16)
})

it('refuses serial numbers of another length', () => {
  expect(readKsn('aes-dukpt-data', bytes(TDES.ksn))).toBeUndefined()
  expect(readKsn('tdes-dukpt-pin', bytes(AES.ksn))).toBeUndefined()
})
