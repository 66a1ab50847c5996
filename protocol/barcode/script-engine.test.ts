import { describe, expect, it, test } from 'vitest'
import { expandUpcE, scriptEngine, type ScriptResult } from './script-engine.ts'

const picture = { data: new Uint8ClampedArray(4 * 6).fill(255), width: 3, height: 2 }
const read = (result: ScriptResult) => scriptEngine(() => result).read(picture, 'fast')

describe('the engine without WebAssembly gives codes as the other one does', () => {
  it.each([
    [{ text: '036000291452', format: 'UPC_A' }, '0036000291452', ']E0'],
    [{ text: '04963406', format: 'UPC_E' }, '0049000006346', ']E0'],
    [{ text: '96385074', format: 'EAN_8' }, '96385074', ']E4'],
    [{ text: '00012345678905', format: 'RSS_14' }, '0100012345678905', ']e0'],
    [{ text: '(01)90012345678908(3103)001750', format: 'RSS_EXPANDED' }, '01900123456789083103001750', ']e0'],
  ])('%o', async (result, text, aim) => {
    expect(await read(result)).toEqual([{ text, aim, corrects: false }])
  })

  it('knows which correct errors', async () => {
    expect(await read({ text: 'x', format: 'QR_CODE' })).toEqual([{ text: 'x', aim: ']Q1', corrects: true }])
  })

  it('looks at brightness, and at no file', async () => {
    let seen: readonly number[] = []
    await scriptEngine((grey) => void (seen = [...grey])).read(picture, 'thorough')
    expect(seen).toEqual([255, 255, 255, 255, 255, 255])
    expect(await scriptEngine(() => ({ text: 'x', format: 'QR_CODE' })).read(new Uint8Array(9), 'fast')).toEqual([])
  })
})

/** GS1 General Specifications, figure "UPC-E": each of its four ways to leave out zeros. */
test.each([
  ['01234505', '012000003455'],
  ['01234531', '012300000451'],
  ['01234543', '012340000053'],
  ['01234565', '012345000065'],
])('UPC-E %s is UPC-A %s', (short, long) => {
  expect(expandUpcE(short)).toBe(long)
})
