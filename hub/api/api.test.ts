import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openApi, type Api } from './server.ts'
import { enrolmentRequest, makeRig, sale, testSeed, type Rig } from '../test-rig.ts'
import { until } from '../test-wait.ts'
import { systemTimers } from '#protocol/node/clock.ts'
import { base64url, hex } from '#protocol/bytes.ts'
import type { Signer } from '#protocol/crypto.ts'
import { signedAsk } from '../wallets/test-phone.ts'
import type { WalletAsk } from '#protocol/wallet-api/ask.ts'
import { enrolAnswer } from '#protocol/hub/messages.ts'
import { signerFromSeed } from '#protocol/node/crypto.ts'
import { MINUTE } from '#protocol/time.ts'
import type { Overview, PaymentDetail } from '#protocol/hub-api/overview.ts'

let rig: Rig
let api: Api
let port = 0
let folder = ''
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-api-'))
  mkdirSync(join(folder, 'pages'))
  writeFileSync(join(folder, 'pages', 'index.html'), '<title>console</title>')
  writeFileSync(join(folder, 'secret.txt'), 'not for you')
  rig = await makeRig()
  api = await openApi({
    hub: rig.hub,
    timers: systemTimers,
    port: 0,
    pages: join(folder, 'pages'),
    demoWallets: rig.wallets,
    wallets: rig.walletDesk,
    warn: () => undefined,
  })
  port = Number(new URL(api.url).port)
})
afterEach(async () => {
  await api.close()
  rmSync(folder, { recursive: true })
})

type Answer = { status: number; headers: IncomingHttpHeaders; body: string }
/** As any program may speak HTTP: `fetch` would not let a test lie about Host and Origin. */
function ask(method: string, path: string, { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
const post = (path: string, value: unknown, headers: Record<string, string> = {}) =>
  ask('POST', path, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) })
const json = <T>({ body }: Answer): T => JSON.parse(body) as T

describe('who may speak to the hub', () => {
  it.each([
    ['a name that somebody pointed at this machine', { host: 'evil.example' }],
    ['such a name with the right port', { host: 'evil.example:PORT' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a page from nowhere', { origin: 'null' }],
  ])('not %s', async (_, headers) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(port))]))
    for (const path of ['/', '/api/overview', '/wallet/keys']) expect((await ask('GET', path, { headers: sent })).status).toBe(403)
    expect((await post('/api/tills', { name: 'x' }, sent)).status).toBe(403)
    expect(await rig.ports.store.tills()).toEqual([])
  })

  it('this machine and its own pages', async () => {
    expect((await ask('GET', '/api/overview')).status).toBe(200)
    const origin = { host: `localhost:${port}`, origin: `http://localhost:${port}` }
    expect((await ask('GET', '/api/overview', { headers: origin })).status).toBe(200)
    expect((await post('/api/tills', { name: 'x' }, origin)).status).toBe(200)
  })
})

describe('what comes in', () => {
  it.each([
    ['no JSON', 'application/json', '{'],
    ['nothing', 'application/json', ''],
    ['text that is not UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22])],
    ['a form', 'application/x-www-form-urlencoded', 'name=x'],
    ['plain text', 'text/plain', '{"name":"x"}'],
    ['another shape', 'application/json', '{"name":7}'],
    ['something more', 'application/json', '{"name":"x","role":"admin"}'],
    ['an empty name', 'application/json', '{"name":"  "}'],
    ['a novel', 'application/json', JSON.stringify({ name: 'x'.repeat(70_000) })],
  ])('is refused: %s', async (_, type, body) => {
    const answer = await ask('POST', '/api/tills', { headers: { 'content-type': type }, body })
    expect(answer.status).toBe(400)
    expect(json(answer)).toMatchObject({ code: 'wire.malformed', say: expect.any(String) as string })
    expect(await rig.ports.store.tills()).toEqual([])
  })

  it.each([
    ['POST', '/api/overview', 405],
    ['DELETE', '/api/tills', 405],
    ['GET', '/api/tills', 404],
    ['GET', '/api/payments/x', 404],
    ['GET', '/api/payments/01900000-0000-7000-8000-000000000001', 404],
    ['GET', '/../secret.txt', 404],
    ['GET', '/%2e%2e/secret.txt', 404],
    ['GET', '/nothing', 404],
  ])('is refused: %s %s', async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status)
  })

  it('may be an import that takes minutes, but not a caller that takes minutes to say what it wants', () => {
    expect(api.server.requestTimeout).toBeGreaterThan(10 * MINUTE)
    expect(api.server.headersTimeout).toBeLessThan(MINUTE)
  })

  it('that is no HTTP does not stop the hub', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\u0000\u0001 garbage\r\n\r\n'))
      socket.on('close', () => resolve())
      socket.resume()
    })
    expect((await ask('GET', '/api/overview')).status).toBe(200)
  })
})

describe('the pages', () => {
  it('run only their own script, are framed by nobody, and are what was built', async () => {
    const { status, headers, body } = await ask('GET', '/')
    expect([status, body]).toEqual([200, '<title>console</title>'])
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('that were not built say so', async () => {
    const bare = await openApi({
      hub: rig.hub,
      timers: systemTimers,
      port: 0,
      pages: join(folder, 'no such folder'),
      demoWallets: undefined,
      warn: () => undefined,
    })
    const answer = await fetch(bare.url)
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('has not been built')])
    await bare.close()
  })
})

describe('the hub over HTTP', () => {
  it('registers and enrols a till', async () => {
    const registered = await post('/api/tills', { name: ' Counter 1 ' })
    const { code } = json<{ code: string }>(registered)
    const enrolled = await post('/enrol', enrolmentRequest(signerFromSeed(testSeed()), code))
    expect(enrolAnswer.parse(json(enrolled)).mqtt.url).toBe(rig.carrier.url)
    expect((await post('/enrol', enrolmentRequest(signerFromSeed(testSeed()), code))).status).toBe(403)
    expect((await post('/enrol', { v: 1, proof: '' })).status).toBe(400)
    expect(json<Overview>(await ask('GET', '/api/overview')).tills.map(({ name }) => name)).toEqual(['Counter 1'])
  })

  it('tells the whole story of a payment', async () => {
    const till = await rig.till()
    const wallet = await rig.wallet()
    const one = sale(420, wallet.show())
    for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
    await rig.send(till, till.batch())
    const { payments, money, counts } = json<Overview>(await ask('GET', '/api/overview'))
    expect(payments).toMatchObject([
      { id: one.paymentId, till: 'Counter 1', amountMinor: 420, wallet: wallet.wallet.slice(0, 8), state: 'CAPTURED', decidedBy: 'policy', settled: true },
    ])
    expect(money.balanced).toBe(true)
    expect(money.totals).toEqual([{ currency: 'EUR', debits: '25420', credits: '25420' }])
    expect(counts).toMatchObject({ settled: 1, held: 0, exceptions: 0, unsettledEntries: 0 })
    const detail = json<PaymentDetail>(await ask('GET', `/api/payments/${one.paymentId}`))
    expect(detail.entries.map(({ n, kind }) => [n, kind])).toEqual([
      [2, 'payment.intended'],
      [3, 'payment.accepted_offline'],
      [4, 'payment.captured'],
      [5, 'sale.completed'],
    ])
    expect(detail.entries.map(({ hash }) => hash)).toEqual(till.entries.slice(1).map(({ hash }) => hex(hash)))
    expect(detail.postings.map(({ kind, amountMinor, debit }) => [kind, amountMinor, debit])).toEqual([
      ['pending', '420', `wallet/${wallet.wallet}`],
      ['post', '420', `wallet/${wallet.wallet}`],
    ])
  })

  it('counts every posting once, however many look at the same time', async () => {
    await rig.wallet()
    const seen = await Promise.all(Array.from({ length: 5 }, () => rig.hub.overview()))
    expect(seen.map(({ money }) => money.balanced)).toEqual([true, true, true, true, true])
  })

  it('streams an overview at once and after changes, a few times a second at most', async () => {
    const seen: Overview[] = []
    const reading = httpRequest({ host: '127.0.0.1', port, path: '/api/events' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const events = text.split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) if (event.startsWith('data: ')) seen.push(JSON.parse(event.slice(6)) as Overview)
      })
    })
    reading.end()
    await until(() => expect(seen).toHaveLength(1))
    for (let number = 0; number < 20; number++) await rig.hub.registerTill(`Till ${number}`)
    await until(() => expect(seen.at(-1)?.tills).toHaveLength(20))
    expect(seen.length).toBeLessThanOrEqual(3)
    reading.destroy()
  })

  it('does not serve more consoles than it can', async () => {
    const open = Array.from({ length: 20 }, () => httpRequest({ host: '127.0.0.1', port, path: '/api/events' }).end())
    await Promise.all(open.map((reading) => new Promise((resolve) => reading.on('response', resolve))))
    expect((await ask('GET', '/api/events')).status).toBe(503)
    for (const reading of open) reading.destroy()
    await until(async () => expect((await ask('GET', '/api/payments/x')).status).toBe(404))
  })
})

describe('a captured payment without money', () => {
  const captured = async (code: string) => {
    const till = await rig.till()
    const one = sale(420, code)
    for (const fact of [one.intended, one.acceptedOffline, one.captured]) till.write(fact)
    await rig.send(till, till.batch())
    return one.paymentId
  }

  it('is shown at risk, tried and written off by whoever sits at this machine', async () => {
    const id = await captured('SP1:FORGED')
    const before = json<Overview>(await ask('GET', '/api/overview'))
    expect(before.counts.atRisk).toBe(1)
    expect(before.atRisk).toMatchObject([{ id, state: 'RECOVERY', claimMinor: 420, code: 'code.malformed', attempts: 0 }])
    const tried = await post(`/api/payments/${id}/retry`, {})
    expect([tried.status, json(tried)]).toEqual([400, expect.objectContaining({ code: 'code.malformed', next: expect.any(String) as string })])
    const given = await post(`/api/payments/${id}/write-off`, { reason: ' Nobody knows the wallet ' })
    expect([given.status, json(given)]).toEqual([200, expect.objectContaining({ payment: expect.objectContaining({ state: 'WRITTEN_OFF' }) as object })])
    expect(json<PaymentDetail>(given).steps.at(-1)).toMatchObject({ event: 'hub.wrote_off', detail: 'Nobody knows the wallet' })
    expect(json<Overview>(await ask('GET', '/api/overview'))).toMatchObject({ counts: { atRisk: 0, exceptions: 2 }, atRisk: [] })
    expect((await post(`/api/payments/${id}/write-off`, { reason: 'again' })).status).toBe(409)
    expect((await post(`/api/payments/${id}/retry`, {})).status).toBe(409)
  })

  it('is nobody else’s to touch, and only with a reason', async () => {
    const id = await captured('SP1:FORGED')
    const elsewhere = { origin: 'https://evil.example' }
    expect((await post(`/api/payments/${id}/write-off`, { reason: 'mine' }, elsewhere)).status).toBe(403)
    expect((await post(`/api/payments/${id}/retry`, {}, elsewhere)).status).toBe(403)
    for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(201) }, { reason: 'x', more: 1 }]) {
      expect((await post(`/api/payments/${id}/write-off`, body)).status).toBe(400)
    }
    expect((await post(`/api/payments/${id}/retry`, { now: true })).status).toBe(400)
    expect((await ask('GET', `/api/payments/${id}/retry`)).status).toBe(404)
    for (const nobody of ['x', '01900000-0000-7000-8000-000000000001']) expect((await post(`/api/payments/${nobody}/retry`, {})).status).toBe(404)
    expect((await rig.payment(id))?.state).toBe('RECOVERY')
  })
})

describe('play money', () => {
  const device = signerFromSeed(testSeed())
  const publicKey = hex(device.publicKey)

  const askText = async (signer: Signer, wallet: string, ask: WalletAsk): Promise<string> => {
    const { nonce } = json<{ nonce: string }>(await post('/wallet/nonce', {}))
    return base64url(signedAsk(signer, nonce, wallet, ask))
  }

  it('opens a wallet with a credential that a till would take, and tells what is in it', async () => {
    const opened = json<{ wallet: string; credential: string; balanceMinor: number; currency: string; expiresAtMs: number }>(
      await post('/demo/wallets', { publicKey, name: 'Ada' }),
    )
    expect(opened).toMatchObject({ wallet: expect.stringMatching(/^[0-9a-f]{32}$/) as string, balanceMinor: 25_000, currency: 'EUR' })
    expect(opened.expiresAtMs).toBeGreaterThan(rig.clock.now())
    const asked = await post('/wallet/ask', { message: await askText(device, opened.wallet, { type: 'statement' }) })
    expect(json(asked)).toMatchObject({ balanceMinor: 25_000, heldMinor: 0, currency: 'EUR', payments: [], phones: [{ name: 'Ada' }] })
    const other = json<typeof opened>(await post('/demo/wallets', { publicKey: hex(signerFromSeed(testSeed()).publicKey) }))
    expect(other.wallet).not.toBe(opened.wallet)
    expect(json<Overview>(await ask('GET', '/api/overview')).money).toMatchObject({ balanced: true, totals: [{ debits: '50000', credits: '50000' }] })
  })

  it('knows whose wallet it is', async () => {
    const { wallet } = json<{ wallet: string }>(await post('/demo/wallets', { publicKey }))
    const as = async (signer: Signer, of: string) => await post('/wallet/ask', { message: await askText(signer, of, { type: 'refresh' }) })
    expect((await as(device, wallet)).status).toBe(200)
    expect((await as(signerFromSeed(testSeed()), wallet)).status).toBe(404)
    expect((await as(device, '00'.repeat(16))).status).toBe(404)
    const message = await askText(device, wallet, { type: 'refresh' })
    expect((await post('/wallet/ask', { message })).status).toBe(200)
    expect((await post('/wallet/ask', { message })).status).toBe(403)
    for (const body of [{}, { message: '?' }, { message: 'AAAA' }, { message, more: 1 }, { message: 'A'.repeat(6000) }])
      expect((await post('/wallet/ask', body)).status).toBe(400)
    expect((await post('/wallet/ask', { message }, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('/demo/wallets', { publicKey: 'short' })).status).toBe(400)
  })

  it('is not there when the hub is no demo', async () => {
    const real = await openApi({ hub: rig.hub, timers: systemTimers, port: 0, pages: folder, demoWallets: undefined, warn: () => undefined })
    const answer = await fetch(`${real.url}/demo/wallets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ publicKey }),
    })
    expect(answer.status).toBe(405)
    await real.close()
  })
})
