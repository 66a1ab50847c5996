import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCamt053 } from './camt053.ts'
import { readPain002 } from './pain002.ts'
import { schemasForTests } from './test-schemas.ts'
import { MAX_BYTES, readMessage } from './xml.ts'
import type { Outcome } from '#protocol/outcome.ts'

const schemas = schemasForTests()
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const CAMT = 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'
const balance = (kind: string, amount: string) =>
  `<Bal><Tp><CdOrPrtry><Cd>${kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2025-10-09</Dt></Dt></Bal>`
const entry = (amount: string, side: string, status = 'BOOK', inside = '') =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd><Sts><Cd>${status}</Cd></Sts><BookgDt><Dt>2025-10-09</Dt></BookgDt><BkTxCd></BkTxCd>${inside}</Ntry>`
const statement = (inside: string, namespace = CAMT) =>
  `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="${namespace}"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2025-10-09T10:00:00Z</CreDtTm></GrpHdr>` +
  `<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>${inside}</Stmt></BkToCstmrStmt></Document>`
const good = statement(`${balance('OPBD', '10.00')}${balance('CLBD', '11.50')}${entry('2', 'CRDT')}${entry('0.50', 'DBIT')}${entry('99', 'CRDT', 'PDNG')}`)

function read(bytes: Uint8Array): Outcome<unknown, string> {
  const message = readMessage(bytes, schemas)
  if (!message.ok) return message
  return message.value.message === 'pain.002.001.11' ? readPain002(message.value.root) : readCamt053(message.value.root)
}
/** Why it is refused; the word is always the same. */
function whyRefused(text: string | Uint8Array): string {
  const told = read(typeof text === 'string' ? bytesOf(text) : text)
  if (told.ok || told.code !== 'bank.malformed') throw new Error(told.ok ? 'it was read' : told.code)
  return told.detail ?? ''
}

describe('a file of a bank', () => {
  it('is read when it is what it says', () => {
    const told = read(bytesOf(good))
    expect(told).toMatchObject({
      ok: true,
      value: { statements: [{ opening: 1000n, closing: 1150n, sequence: 1, lines: [{ minor: 200n }, { minor: -50n }] }] },
    })
  })

  it('is refused with one clear word: entities, other encodings, other namespaces, other messages, too large, too deep', () => {
    const bombs = Array.from({ length: 12 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join('')
    expect(whyRefused(`<!DOCTYPE Document [<!ENTITY l0 "lol">${bombs}]><Document xmlns="${CAMT}">&l12;</Document>`)).toContain('document type')
    expect(whyRefused(`<!DOCTYPE Document SYSTEM "file:///etc/passwd"><Document xmlns="${CAMT}"/>`)).toContain('document type')
    expect(whyRefused(new Uint8Array(Buffer.from(good, 'utf16le')))).toContain('UTF-8')
    expect(whyRefused(new Uint8Array(Buffer.from(`<!DOCTYPE a [<!ENTITY b "c">]>${good}`, 'utf16le')))).toContain('UTF-8')
    expect(whyRefused(new Uint8Array([...bytesOf(good.slice(0, 200)), 0xff, 0xfe]))).toContain('UTF-8')
    expect(whyRefused(good.replace('UTF-8', 'ISO-8859-1'))).toContain('UTF-8')
    expect(whyRefused(statement('', 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'))).toContain('no message')
    expect(whyRefused(good.replace('<Stmt>', '<Stmt xmlns="urn:other">'))).toContain('another namespace')
    expect(whyRefused('<html><body>Service unavailable</body></html>')).toContain('no message')
    expect(whyRefused(new Uint8Array(MAX_BYTES + 1).fill(0x20))).toContain('bytes')
    expect(whyRefused(`<Document xmlns="${CAMT}">${'<a>'.repeat(200)}${'</a>'.repeat(200)}</Document>`)).toContain('deep')
    expect(whyRefused(`<Document xmlns="${CAMT}">${'<a>'.repeat(100_000)}`)).not.toBe('')
    expect(whyRefused('')).not.toBe('')
  })

  it('is refused where its sums or its numbers are not right', () => {
    expect(read(bytesOf(good.replace('11.50', '11.51')))).toMatchObject({ code: 'bank.sums' })
    const details = `<NtryDtls><TxDtls><Amt Ccy="EUR">1.99</Amt><CdtDbtInd>CRDT</CdtDbtInd></TxDtls></NtryDtls>`
    expect(read(bytesOf(statement(`${balance('OPBD', '10')}${balance('CLBD', '12')}${entry('2', 'CRDT', 'BOOK', details)}`)))).toMatchObject({
      code: 'bank.sums',
    })
    for (const amount of ['2.001', '-2', '1e1', 'NaN', '9999999999999999']) {
      expect(read(bytesOf(statement(`${balance('OPBD', '10')}${balance('CLBD', '12')}${entry(amount, 'CRDT')}`)))).toMatchObject({ ok: false })
    }
  })

  it('is read or refused at whatever byte it is cut, and whatever is changed in it, without growing', () => {
    const whole = bytesOf(good)
    const before = process.memoryUsage().rss
    for (let length = 0; length < whole.length - 1; length += 7) expect(read(whole.subarray(0, length)).ok).toBe(false)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(40), (at, value, run) => {
        const changed = whole.slice()
        changed.fill(value, at, Math.min(whole.length, at + run))
        const told = read(changed)
        return told.ok || ['bank.malformed', 'bank.sums'].includes(told.code)
      }),
      { numRuns: 300 * Number(process.env['FUZZ'] ?? 1) },
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  })

  it('of the largest size takes a bounded time and memory', () => {
    const before = process.memoryUsage().rss
    const many = statement(`${balance('OPBD', '0')}${balance('CLBD', '10000')}${entry('1', 'CRDT').repeat(10_000)}`)
    expect(many.length).toBeLessThan(MAX_BYTES)
    const told = read(bytesOf(many))
    expect(told.ok && (told.value as { statements: readonly { lines: readonly unknown[] }[] }).statements[0]?.lines).toHaveLength(10_000)
    expect(whyRefused(statement('<a/>'.repeat(410_000)))).not.toBe('')
    expect(process.memoryUsage().rss - before).toBeLessThan(600 * 1024 * 1024)
  })
})
