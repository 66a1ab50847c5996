import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { faceOfMaskedTrack, faceOfTrack } from './magnetic-stripe.ts'

// Numbers of cards are put together here, so that none stands in this project.
const VISA = `4${'1'.repeat(15)}`
const AMEX = '37828224631000' + '5'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const withLrc = (track: string, base: number): string => track + String.fromCharCode([...bytes(track)].reduce((lrc, byte) => lrc ^ (byte - base), 0) + base)

const TRACK_1 = `%B${VISA}^TEST/CARD^30121010000000000000?`
const TRACK_2 = `;${VISA}=30121010000000000?`
const FACE = { maskedPan: '411111******1111', expiry: '3012' }

describe('a track in the clear', () => {
  it.each<[string, string, object | undefined]>([
    ['track 1', TRACK_1, FACE],
    ['track 2', TRACK_2, FACE],
    ['track 1 with its LRC', withLrc(TRACK_1, 0x20), FACE],
    ['track 2 with its LRC', withLrc(TRACK_2, 0x30), FACE],
    ['track 2 of 15 digits', `;${AMEX}=4912101000?`, { maskedPan: '378282*****0005', expiry: '4912' }],
    ['no date and no service code', `;${VISA}==0000?`, { maskedPan: FACE.maskedPan }],
    ['an LRC that is wrong', `${TRACK_2}0`, undefined],
    ['a wrong check digit', TRACK_2.replace('1=', '2='), undefined],
    ['a month that there is not', `;${VISA}=30131010?`, undefined],
    ['no end sentinel', TRACK_2.slice(0, -1), undefined],
    ['no start sentinel', TRACK_2.slice(1), undefined],
    ['no separator', `;${VISA}?`, undefined],
    ['a letter in the number', TRACK_2.replace('11=', 'A1='), undefined],
    ['a driving licence', '%CALOS ANGELES^DOE$JOHN^1 ST?', undefined],
    ['a number too short to hide', ';00000000000=4912101?', undefined],
    ['nothing', '', undefined],
  ])('%s', (_, track, face) => {
    expect(faceOfTrack(bytes(track))).toEqual(face)
  })
})

describe('a masked track', () => {
  it.each<[string, string, object | undefined]>([
    ['with stars, format code and LRC masked as well (ID TECH)', '%*4111********1111^TEST/CARD^******************?*', { maskedPan: '4111********1111' }],
    ['with stars and a date', ';411111******1111=3012************?', FACE],
    ['with zeros (MagTek)', ';4111000000001111=30120000000000000?', { maskedPan: '4111********1111', expiry: '3012' }],
    ['with zeros and six digits', ';4111110000001111=30120000000000000?', FACE],
    ['wholly', ';************1111=****?', { maskedPan: '************1111' }],
    ['wholly, and as long as can be', ';***************1111=****?', { maskedPan: '*************1111' }],
    ['with the last digits as well', ';4111************=****?', undefined],
    ['that is not one', 'xx', undefined],
  ])('%s', (_, track, face) => {
    expect(faceOfMaskedTrack(bytes(track))).toEqual(face)
  })
})

it('whatever the bytes are, at most six and four digits of a number come through', () => {
  const lively = fc.string({ unit: fc.constantFrom(...'%B;=^?*0123456789'), maxLength: 120 })
  const nearly = fc.tuple(fc.constantFrom('%B', ';', '%*'), fc.string({ unit: fc.constantFrom(...'0123456789*'), minLength: 10, maxLength: 21 }), lively)
  fc.assert(
    fc.property(
      fc.oneof(
        lively,
        nearly.map(([start, pan, rest]) => `${start}${pan}=${rest}?`),
      ),
      (track) => {
        for (const face of [faceOfTrack(bytes(track)), faceOfMaskedTrack(bytes(track))]) {
          if (face) expect(face.maskedPan).toMatch(/^\d{0,6}\*{2,13}\d{4}$/)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

const TRACKS = join(process.env.STILLPOINT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/devices/msr/tracks.json')
const there = existsSync(TRACKS)
if (!there) console.error(`tracks of test cards were not found (${TRACKS}, STILLPOINT_SHARED): the second tier is not run`)

it.skipIf(!there)('reads published tracks as what they are', () => {
  const cards = z.array(z.object({ track1: z.string().optional(), track2: z.string(), pan: z.string() })).parse(JSON.parse(readFileSync(TRACKS, 'utf8')))
  expect(cards.length).toBeGreaterThan(0)
  // Whether a check digit is right is worked out here: the file says so of the number in MagTek's manuals as well, whose is wrong.
  const sumOf = (pan: string) =>
    [...pan].toReversed().reduce((sum, digit, at) => sum + [...String(Number(digit) * (1 + (at % 2)))].reduce((a, b) => a + Number(b), 0), 0)
  for (const { track1, track2, pan } of cards) {
    const maskedPan = sumOf(pan) % 10 === 0 ? `${pan.slice(0, 6)}******${pan.slice(-4)}` : undefined
    for (const track of [track1, track2]) if (track !== undefined) expect(faceOfTrack(bytes(track))?.maskedPan).toBe(maskedPan)
  }
})
