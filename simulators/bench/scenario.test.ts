import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { benchDevices, papers, readers, scaleKeys, tillKeys, type Act } from './contract.ts'
import { parseScenario, sentenceOf, sentences } from './scenario.ts'

const acts = (text: string): readonly Act[] => {
  const parsed = parseScenario(text)
  if (!parsed.ok) throw new Error(parsed.errors.map(({ line, say }) => `${line}: ${say}`).join('\n'))
  return parsed.steps.map(({ act }) => act)
}
const errors = (text: string) => {
  const parsed = parseScenario(text)
  return parsed.ok ? [] : parsed.errors
}

describe('a scenario', () => {
  it('is one act a line, with its time', () => {
    const text = `
# A short story
at 2 s scan 9520000000011
at 3 s paper out   # it was a long morning
AT 4.5 S unplug the scale
at 1 min plug in the scale\r
at 61 s the desk scanner fails: stuck key
`
    expect(parseScenario(text)).toEqual({
      ok: true,
      steps: [
        { line: 3, at: 2000, act: { act: 'scan', text: '9520000000011' } },
        { line: 4, at: 3000, act: { act: 'printer_paper', paper: 'out' } },
        { line: 5, at: 4500, act: { act: 'plug', device: 'scale', plugged: false } },
        { line: 6, at: 60_000, act: { act: 'plug', device: 'scale', plugged: true } },
        { line: 7, at: 61_000, act: { act: 'fault', device: 'hid_scanner', kind: 'stuck_key' } },
      ],
    })
  })

  it('names every line that is wrong, and what was expected', () => {
    const found = errors('at 2 s scan 1\nscan 2\nat 3 s dance\nat 1 s scan 3\nat 4 s unplug the toaster\nat 5 s put 100 kg on the scale')
    expect(found.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6])
    expect(found[0]?.say).toContain('at 2.5 s scan')
    expect(found[1]?.say).toMatch(/“scan 9520000000011”.* and not “dance”/)
    expect(found[2]?.say).toContain('2 s or later')
    expect(found[3]?.say).toMatch(/desk scanner.*not “toaster”/)
    expect(found[4]?.say).toContain('at most 99.999')
  })

  it('reads weights to the thousandth', () => {
    expect(acts('at 0 s put 0.182 kg on the scale\nat 0 s put 2.5 kg on the scale\nat 0 s put 3 lb on the scale')).toEqual(
      [182, 2500, 3000].map((milli) => ({ act: 'put_on_scale', milli })),
    )
  })

  it.each(sentences)('understands “%s” and says it again', (example) => {
    const [act] = acts(`at 0 s ${example}`)
    expect(act).toBeDefined()
    if (act !== undefined) expect(acts(`at 0 s ${sentenceOf(act)}`)).toEqual([act])
  })

  it('says every act in a sentence that means it', () => {
    // A text that ends like another sentence or holds a remark cannot be written down: neither is a code that a shop reads.
    const text = fc.stringMatching(/^[0-9A-Za-z:.+/-]{1,80}$/)
    const act: fc.Arbitrary<Act> = fc.oneof(
      text.map((code) => ({ act: 'scan' as const, text: code })),
      text.map((code) => ({ act: 'hid_scan' as const, text: code })),
      text.map((code) => ({ act: 'hold_before_camera' as const, text: code })),
      fc.record({ act: fc.constant('hold_phone' as const), wallet: fc.stringMatching(/^[0-9a-f]{32}$/), before: fc.constantFrom(...readers) }),
      text.map((card) => ({ act: 'swipe' as const, card: card.slice(0, 64) })),
      fc.integer({ min: 0, max: 99_999 }).map((milli) => ({ act: 'put_on_scale' as const, milli })),
      fc.record({ act: fc.constant('press_scale' as const), key: fc.constantFrom(...scaleKeys) }),
      fc.record({ act: fc.constant('press_till' as const), key: fc.constantFrom(...tillKeys) }),
      fc.record({ act: fc.constant('printer_paper' as const), paper: fc.constantFrom(...papers) }),
      fc.record({ act: fc.constantFrom('printer_cover' as const, 'drawer' as const), open: fc.boolean() }),
      fc.record({ act: fc.constant('plug' as const), device: fc.constantFrom(...benchDevices), plugged: fc.boolean() }),
      fc.record({
        act: fc.constant('fault' as const),
        device: fc.constantFrom(...benchDevices),
        kind: fc.stringMatching(/^[a-z][a-z0-9]{0,12}(?:_[a-z0-9]{1,8}){0,2}$/),
      }),
      fc.record({ act: fc.constant('cable' as const), pulled: fc.boolean() }),
      fc.constant({ act: 'cut_power' as const }),
    )
    fc.assert(
      fc.property(act, (one) => {
        expect(acts(`at 1 s ${sentenceOf(one)}`)).toEqual([one])
      }),
    )
  })

  it('is parsed without throwing, whatever the text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...sentences).map((one) => `at 1 s ${one}`),
      fc.string().map((one) => `at 1 s ${one}`),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n')
        const parsed = parseScenario(text)
        const count = text.split(/\r\n|\r|\n/).length
        for (const { line: at } of parsed.ok ? parsed.steps : parsed.errors) expect(at > 0 && at <= count).toBe(true)
      }),
    )
  })
})

const folder = join(import.meta.dirname, 'scenarios')
describe('the examples', () => {
  it.each(readdirSync(folder))('%s is a scenario', (file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    expect(errors(text)).toEqual([])
    expect(acts(text).length).toBeGreaterThan(8)
  })
})
