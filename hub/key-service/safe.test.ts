import { execFileSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { initialKey, readKsn, workingKey, type Scheme } from './dukpt.ts'
import { freshKeys, trackKey } from './reader-keys.ts'
import { leaveKey, Safe } from './safe.ts'
import { startKeyService } from './start.ts'
import { fromTrack1, fromTrack2, isMaskedAs } from './track.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-service-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const clock = { now: () => 1_760_000_000_000 }
// Put together here, so that no card number stands in this project. It is of the schemes' range for tests.
const PAN = `4${'1'.repeat(15)}`
const MASKED = `${PAN.slice(0, 6)}******${PAN.slice(-4)}`
const TRACK2 = `;${PAN}=491220100000000?`
const TRACK1 = `%B${PAN}^TEST/CARD           ^491220100000000?`

/** A reader of these keys, as its own end sees it. */
function reader(scheme: Scheme) {
  const base = Buffer.from('0123456789abcdeffedcba9876543210', 'hex')
  const zero = scheme === 'aes-dukpt-data' ? '123456789012345600000000' : 'ffff9876543210e00000'
  const id = Buffer.from(readKsn(scheme, Buffer.from(zero, 'hex'))?.reader ?? '', 'hex')
  const key = initialKey(scheme, base, id).toString('hex')
  const ksnOf = (counter: number) => `${zero.slice(0, -4)}${(Number.parseInt(zero.slice(-4), 16) + counter).toString(16).padStart(4, '0')}`
  return {
    injection: { scheme, ksn: zero, initialKey: key },
    swipe(counter: number, track: string) {
      const working = trackKey(freshKeys(scheme, id.toString('hex'), key), counter) ?? workingKey(scheme, Buffer.from(key, 'hex'), id, counter)
      const block = scheme === 'aes-dukpt-data' ? 16 : 8
      const cipher = createCipheriv(block === 16 ? 'aes-128-cbc' : 'des-ede-cbc', working, Buffer.alloc(block)).setAutoPadding(false)
      const text = Buffer.concat([Buffer.from(track), Buffer.alloc((block - (track.length % block)) % block)])
      return { is: 'track', scheme, ksn: ksnOf(counter), track2: Buffer.concat([cipher.update(text), cipher.final()]).toString('hex') } as const
    },
  }
}

describe.each(['tdes-dukpt-pin', 'tdes-dukpt-data', 'aes-dukpt-data'] as const)('%s', (scheme) => {
  it('opens what its readers encrypted, as long as the key is there', () => {
    leaveKey(folder, reader(scheme).injection)
    const safe = new Safe(folder, clock)
    const swipe = reader(scheme).swipe(1, TRACK2)
    const opened = safe.open(swipe, MASKED)
    expect(opened.ok && Buffer.from(opened.value).toString()).toBe(TRACK2.slice(1, -1))
    safe.forget(scheme, swipe.ksn)
    expect(safe.open(swipe, MASKED)).toMatchObject({ ok: false, code: 'card.unknown_reader' })
    // Also for one who starts anew, and whoever puts the same key into it again.
    leaveKey(folder, reader(scheme).injection)
    const again = new Safe(folder, clock)
    expect(again.open(swipe, MASKED)).toMatchObject({ ok: false, code: 'card.unknown_reader' })
    expect(again.open(reader(scheme).swipe(2, TRACK2), MASKED).ok).toBe(true)
  })
})

describe('the key service', () => {
  it('keeps a number without its track, for this card alone', () => {
    leaveKey(folder, reader('aes-dukpt-data').injection)
    const safe = new Safe(folder, clock)
    const kept = safe.keepNumber(reader('aes-dukpt-data').swipe(1, TRACK2), MASKED)
    if (!kept.ok) throw new Error(kept.code)
    expect(kept.value).not.toContain(PAN)
    const opened = safe.open({ is: 'number', sealed: kept.value }, MASKED)
    expect(opened.ok && Buffer.from(opened.value).toString()).toBe(`${PAN}=4912`)
    expect(safe.open({ is: 'number', sealed: kept.value }, `${PAN.slice(0, 6)}******9999`)).toMatchObject({ ok: false, code: 'card.forged' })
  })

  it('finds out a till that names another card than the one that was swiped', () => {
    leaveKey(folder, reader('tdes-dukpt-data').injection)
    const safe = new Safe(folder, clock)
    expect(safe.open(reader('tdes-dukpt-data').swipe(1, TRACK2), `${PAN.slice(0, 6)}******9999`)).toMatchObject({ code: 'card.forged' })
    expect(safe.open({ ...reader('tdes-dukpt-data').swipe(1, TRACK2), track2: '00'.repeat(40) }, MASKED)).toMatchObject({ code: 'card.forged' })
    expect(safe.open({ ...reader('tdes-dukpt-data').swipe(1, TRACK2), track2: '00'.repeat(41) }, MASKED)).toMatchObject({ code: 'card.unreadable' })
    expect(safe.open({ ...reader('tdes-dukpt-data').swipe(1, TRACK2), ksn: 'eeee9876543210e00001' }, MASKED)).toMatchObject({ code: 'card.unknown_reader' })
  })

  it('has nothing on its disk that a thief of the sealed file alone could read, nor card data anywhere', () => {
    leaveKey(folder, reader('tdes-dukpt-data').injection)
    const safe = new Safe(folder, clock)
    safe.keepNumber(reader('tdes-dukpt-data').swipe(1, TRACK2), MASKED)
    expect(readdirSync(join(folder, 'inbox'))).toEqual([])
    const files = ['keys.sealed', 'access.log', 'master.key'].map((name) => readFileSync(join(folder, name), 'latin1'))
    for (const text of files) expect(text).not.toContain(PAN)
    expect(files[0]).not.toContain(reader('tdes-dukpt-data').injection.initialKey)
    expect(files[1]?.split('\n').filter(Boolean)).toHaveLength(2)
    writeFileSync(join(folder, 'master.key'), '00'.repeat(32))
    expect(() => new Safe(folder, clock)).toThrow('was not sealed with')
  })

  it('runs as a process of its own, and answers after it was killed', async () => {
    leaveKey(folder, reader('tdes-dukpt-data').injection)
    const lines: string[] = []
    const service = startKeyService(folder, (line) => lines.push(line))
    const swipe = reader('tdes-dukpt-data').swipe(1, TRACK2)
    const opened = await service.open(swipe, MASKED)
    expect(opened.ok && Buffer.from(opened.value).toString()).toBe(TRACK2.slice(1, -1))
    await service.forget('tdes-dukpt-data', swipe.ksn)
    expect(await service.open(swipe, MASKED)).toMatchObject({ code: 'card.unknown_reader' })
    expect(await service.keepNumber(reader('tdes-dukpt-data').swipe(2, TRACK2), MASKED)).toMatchObject({ ok: true })
    // Asked while it dies: the question may find its channel closed before anybody has heard that it is gone.
    for (const pid of execFileSync('pgrep', ['-f', folder], { encoding: 'utf8' }).trim().split('\n')) process.kill(Number(pid), 'SIGKILL')
    const again = await Promise.all([3, 4].map((counter) => service.open(reader('tdes-dukpt-data').swipe(counter, TRACK2), MASKED)))
    expect(again.map(({ ok }) => ok)).toEqual([true, true])
    expect(lines.some((line) => line.startsWith('the key service ended'))).toBe(true)
    await service.close()
    expect(existsSync(join(folder, 'keys.sealed'))).toBe(true)
  })
})

describe('a track', () => {
  it('is read with and without sentinels, from either', () => {
    const card = TRACK2.slice(1, -1)
    for (const text of [TRACK2, card, `${TRACK2}\0\0\0`]) expect(fromTrack2(Buffer.from(text))?.toString()).toBe(card)
    expect(fromTrack1(Buffer.from(TRACK1))?.toString()).toBe(card)
    for (const text of ['', ';', '=4912', `${PAN}`, `${PAN}=49`, `${PAN.slice(0, 9)}=4912`, `${PAN}x=4912201`, `${PAN}=49x2201`])
      expect(fromTrack2(Buffer.from(text))).toBeUndefined()
    for (const text of ['', '%B', `%B${PAN}^NAME`, `%B${PAN}^NAME^49`]) expect(fromTrack1(Buffer.from(text))).toBeUndefined()
  })
  it('is compared with what is shown of it', () => {
    const card = Buffer.from(TRACK2.slice(1, -1))
    expect([MASKED, '*'.repeat(12) + PAN.slice(-4), `${'*'.repeat(11)}${PAN.slice(-4)}`].map((masked) => isMaskedAs(card, masked))).toEqual([true, true, false])
  })
})
