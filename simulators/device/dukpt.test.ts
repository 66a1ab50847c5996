import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as dukpt from './dukpt.ts'

const unhex = (text: string): Buffer => Buffer.from(text, 'hex')
const hex = (bytes: Buffer | undefined): string | undefined => bytes?.toString('hex').toUpperCase()

/** What both standards derive in their examples. These keys are printed in every copy of them, and are in no reader. */
const TDES_BASE = unhex('0123456789ABCDEFFEDCBA9876543210')
const AES_BASE = unhex('FEDCBA9876543210F1F1F1F1F1F1F1F1')

describe('X9.24-1 (TDES), the example of annex A.6', () => {
  const first = unhex('FFFF9876543210E00001')
  const initial = dukpt.initialTdesKey(TDES_BASE, first)
  const transaction = dukpt.transactionTdesKey(initial, first)

  it('derives the initial key and the first transaction’s', () => {
    expect(hex(initial)).toBe('6AC292FAA1315B4D858AB3A3D7D5933A')
    expect(hex(transaction)).toBe('042666B49184CFA368DE9628D0397BC9')
    expect(hex(dukpt.variantTdesKey(transaction, 'pin'))).toBe('042666B49184CF5C68DE9628D0397B36')
  })

  it('encrypts the first PIN block', () => {
    expect(hex(dukpt.encryptTdes(dukpt.variantTdesKey(transaction, 'pin'), unhex('041274EDCBA9876F')))).toBe('1B9C1845EB993A7A')
  })
})

describe('X9.24-3 (AES-128), the example of annex B', () => {
  const first = unhex('123456789012345600000001')
  const initial = dukpt.initialAesKey(AES_BASE, first)

  it('derives the initial key, the first transaction’s, and those that are used', () => {
    expect(hex(initial)).toBe('1273671EA26AC29AFA4D1084127652A1')
    const transaction = dukpt.transactionAesKey(initial, first)
    expect(hex(transaction)).toBe('4F21B565BAD9835E112B6465635EAE44')
    expect(hex(dukpt.workingAesKey(transaction, 'pin', first))).toBe('AF8CB133A78F8DC2D1359F18527593FB')
    expect(hex(dukpt.workingAesKey(transaction, 'data', first))).toBe('A35C412EFD41FDB98B69797C02DCD08F')
  })
})

describe('serial numbers', () => {
  it('skip those with too many ones, and end', () => {
    expect(hex(dukpt.nextKsn('tdes', unhex('FFFF9876543210E003FF')))).toBe('FFFF9876543210E00400')
    // Eleven ones would take too many steps.
    expect(hex(dukpt.nextKsn('tdes', unhex('FFFF9876543210E007FE')))).toBe('FFFF9876543210E00800')
    expect(dukpt.nextKsn('tdes', unhex('FFFF9876543210FFF800'))).toBeUndefined()
    expect(hex(dukpt.nextKsn('aes', unhex('12345678901234560001FFFE')))).toBe('123456789012345600020000')
    expect(dukpt.nextKsn('aes', unhex('1234567890123456FFFF0000'))).toBeUndefined()
  })

  it('never give the same key twice in a row of swipes', () => {
    const keys = new Set<string | undefined>()
    let ksn: Buffer | undefined = unhex('FFFF9876543210E00000')
    const initial = dukpt.initialTdesKey(TDES_BASE, ksn)
    for (let swipe = 0; swipe < 300 && ksn; swipe++) {
      ksn = dukpt.nextKsn('tdes', ksn)
      if (ksn) keys.add(hex(dukpt.transactionTdesKey(initial, ksn)))
    }
    expect(keys.size).toBe(300)
  })
})

it('what was encrypted comes back, filled up with zeros', () => {
  const key = unhex('00112233445566778899AABBCCDDEEFF')
  expect(dukpt.decryptTdes(key, dukpt.encryptTdes(key, Buffer.from('nine byte'))).toString()).toBe(`nine byte${'\0'.repeat(7)}`)
  expect(dukpt.decryptAes(key, dukpt.encryptAes(key, Buffer.from('nine byte'))).toString()).toBe(`nine byte${'\0'.repeat(7)}`)
})

const FOLDER = join(process.env.STILLPOINT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/devices')
const there = existsSync(join(FOLDER, 'dukpt'))
if (!there) console.error(`DUKPT vectors not found in ${FOLDER} (STILLPOINT_SHARED): the second tier is not run`)

const texts = z.array(z.string())
const read = <Shape extends z.ZodRawShape>(name: string, shape: Shape) => z.object(shape).parse(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')))

describe.skipIf(!there)('published vectors', () => {
  it('TDES: every transaction of the example', () => {
    const { bdk, iksn, pinblock, ...expected } = read('dukpt/dukpt_tdes_test.json', {
      bdk: z.string(),
      iksn: z.string(),
      pinblock: z.string(),
      ksn_verify: texts,
      txn_key_verify: texts,
      encrypted_pinblock_verify: texts,
    })
    const initial = dukpt.initialTdesKey(unhex(bdk), unhex(iksn))
    let ksn: Buffer | undefined = unhex(iksn)
    const found = expected.ksn_verify.map(() => {
      ksn = ksn && dukpt.nextKsn('tdes', ksn)
      const key = dukpt.transactionTdesKey(initial, ksn ?? Buffer.alloc(10))
      return [ksn, key, dukpt.encryptTdes(dukpt.variantTdesKey(key, 'pin'), unhex(pinblock))].map(hex)
    })
    expect(found).toEqual(expected.ksn_verify.map((serial, at) => [serial, expected.txn_key_verify[at], expected.encrypted_pinblock_verify[at]]))
  })

  it('AES-128: every transaction of the example', () => {
    const { bdk, ikid, ...expected } = read('dukpt/dukpt_aes128_test.json', {
      bdk: z.string(),
      ikid: z.string(),
      ksn_verify: texts,
      txn_key_verify: texts,
      data_aes128_key_verify: texts,
      ksn_verify3: texts,
      txn_key_verify3: texts,
    })
    const initial = dukpt.initialAesKey(unhex(bdk), unhex(ikid))
    const serials = [...expected.ksn_verify, ...expected.ksn_verify3].map(unhex)
    expect(serials.map((ksn) => hex(dukpt.transactionAesKey(initial, ksn)))).toEqual([...expected.txn_key_verify, ...expected.txn_key_verify3])
    const used = expected.ksn_verify.map(unhex).map((ksn) => hex(dukpt.workingAesKey(dukpt.transactionAesKey(initial, ksn), 'data', ksn)))
    expect(used).toEqual(expected.data_aes128_key_verify)
  })

  it('a track of a real reader, with either key', () => {
    const sent = read('msr/encrypted_track_dukpt.json', {
      bdk: z.string(),
      ksn: z.string(),
      plaintext: z.string(),
      ciphertext_pin_variant: z.string(),
      ciphertext_data_variant: z.string(),
    })
    const key = dukpt.transactionTdesKey(dukpt.initialTdesKey(unhex(sent.bdk), unhex(sent.ksn)), unhex(sent.ksn))
    const encrypted = (['pin', 'data'] as const).map((use) => hex(dukpt.encryptTdes(dukpt.variantTdesKey(key, use), Buffer.from(sent.plaintext, 'latin1'))))
    expect(encrypted).toEqual([sent.ciphertext_pin_variant, sent.ciphertext_data_variant])
  })
})
