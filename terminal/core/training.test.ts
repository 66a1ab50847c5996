import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signedTypes } from '#protocol/cose.ts'
import type { PrintDocument } from '#protocol/device/messages.ts'
import { readCredit, verifyCredit } from '#protocol/credit/code.ts'
import { encodeSigned } from '#protocol/hub/messages.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { keepPin } from '#protocol/node/pin.ts'
import type { StaffMember } from '#protocol/staff/staff.ts'
import type { Command, View } from '#protocol/till-api/api.ts'
import { openSqliteStore, scratchStore } from './store-sqlite.ts'
import { APPLE, CATALOGUE, openTestTill, POLICY, TILL } from './test-till.ts'
import { TrainableTill } from './training.ts'

const member = (name: string, role: StaffMember['role'], pin: string, last: string): StaffMember => ({
  id: `0198c0de-0000-7000-8000-0000000000${last}`,
  name,
  role,
  pin: keepPin(nodeCrypto, pin, { memory: 8, passes: 1 }),
})
const cleo = member('Cleo', 'supervisor', '3333', 'c3')
const ben = member('Ben', 'cashier', '2222', 'b2')

let folder = ''
let close: () => void = () => {}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'training-'))
})
afterEach(() => {
  close()
  rmSync(folder, { recursive: true })
})

/** A till that can be practised on, with what it showed, printed and ordered. */
function open(staff?: readonly StaffMember[]) {
  // Its keys and its time; the till in it is not used.
  const { keys, keySet, time, close: closeOther } = openTestTill()
  const store = openSqliteStore(join(folder, 'journal.sqlite'))
  const printed: { job: string; document: PrintDocument }[] = []
  const ordered: string[] = []
  const sent: Uint8Array[] = []
  let view: View | undefined
  const till = new TrainableTill(
    { till: TILL, name: 'Till 1', signer: keys.till, rootPublicKey: keys.root.publicKey },
    {
      clock: time,
      timers: time,
      crypto: nodeCrypto,
      store,
      scratch: () => scratchStore(join(folder, 'training')),
      link: { send: (batch) => void sent.push(batch), reconnect: () => {} },
      printer: { print: (job, document) => printed.push({ job, document }) > 0 },
      devices: { order: (_, { do: what }) => ordered.push(what) > 0 },
      exporter: { exportJournal: () => ({ ok: false, code: 'till.no_export_key' }) },
      leave: () => {},
      show: (message) => {
        if (message.type === 'view') view = message.view
      },
      log: () => {},
    },
  )
  till.start()
  till.received('keys', encodeSigned(keys.root, signedTypes.keySet, keySet))
  till.received('catalogue', encodeSigned(keys.policy, signedTypes.catalogue, { ...CATALOGUE, ...(staff && { staff: [...staff] }) }))
  till.device({ device: 'printer', kind: 'printer', state: 'ready', counters: {} })
  close = () => {
    till.shutDown()
    store.close()
    closeOther()
  }
  const shown = (): View => {
    if (view === undefined) throw new Error('nothing was shown')
    return view
  }
  const head = (): number => store.head()?.n ?? 0
  const press = (...commands: readonly Command[]) => commands.map((command) => till.command(command)).at(-1)
  return { till, store, printed, ordered, sent, head, shown, press, time, keys }
}

test('a sale in training leaves no entry, no receipt number and no sent byte, moves nothing but the printer, and says so on screen and paper', () => {
  const { till, store, printed, ordered, sent, head, shown, press } = open()
  const before = { head: head(), records: [...store.records('')].length, sent: sent.length }
  expect(press({ type: 'startTraining' })?.ok).toBe(true)
  expect(shown().training).toBe(true)
  till.scanned(APPLE)
  expect(shown().sale.totalMinor).toBe(1000)
  expect(press({ type: 'payCash', tenderedMinor: 2000 })?.ok).toBe(true)
  expect(shown().tender).toMatchObject({ stage: 'approved', receiptNumber: '000000-1-000001' })
  const paper = printed.map(({ document }) => JSON.stringify(document))
  expect(paper).toHaveLength(1)
  expect(paper[0]?.match(/\*\*\* TRAINING \*\*\*/g)).toHaveLength(2)
  till.printed(printed[0]?.job ?? '', 'printed')
  expect(shown().tender).toMatchObject({ receipt: 'printed' })
  expect(ordered).toEqual([])
  expect(press({ type: 'stopTraining' })?.ok).toBe(true)
  expect(shown().training).toBeUndefined()
  expect(shown().sale.itemCount).toBe(0)
  expect(shown().sold).toEqual([])
  expect({ head: head(), records: [...store.records('')].length, sent: sent.length }).toEqual(before)
  expect(existsSync(join(folder, 'training'))).toBe(false)
})

test('a gift card that was sold in training is believed by nobody: neither this till without the hub, nor whoever reads its signature', () => {
  const { till, printed, shown, press, keys } = open()
  const gift = { gtin: '9520000009999', name: 'Gift card', category: 'Cards', priceMinor: 2000, taxPpm: 0, symbol: '*', giftCard: true as const }
  const sells = { ...CATALOGUE, version: CATALOGUE.version + 1, credits: { perDayMinor: 10_000 }, products: [...CATALOGUE.products, gift] }
  till.received('catalogue', encodeSigned(keys.policy, signedTypes.catalogue, sells))
  const instruments = { credit: { perPaymentMinor: 3000, perInstrumentMinor: 5000 } }
  const policy = { ...POLICY, version: POLICY.version + 1, offline: { ...POLICY.offline, instruments } }
  till.received('policy', encodeSigned(keys.policy, signedTypes.policy, policy))
  const sellGift = (): string => {
    till.scanned(gift.gtin)
    expect(press({ type: 'payCash', tenderedMinor: 2000 })?.ok).toBe(true)
    return /(SPG1:[0-9A-Z $%*+\-./:]+)/.exec(JSON.stringify(printed.at(-1)?.document))?.[1] ?? ''
  }
  const spend = (code: string) => {
    till.scanned(APPLE)
    press({ type: 'takePayment' })
    return till.scanned(code)
  }
  press({ type: 'startTraining' })
  const practised = sellGift()
  expect(practised).toMatch(/^SPG1:/)
  press({ type: 'stopTraining' })
  expect(spend(practised)).toMatchObject({ ok: false, code: 'credit.issued_elsewhere' })
  expect(shown().tender).toMatchObject({ stage: 'awaiting_code' })
  // One that counts is believed: what refuses it is that this till has never heard its hub.
  press({ type: 'cancelPayment' }, { type: 'clearSale' })
  expect(spend(sellGift())).toMatchObject({ ok: false, code: 'policy.too_long_offline' })
  const read = readCredit(practised)
  expect(read.ok && verifyCredit(nodeCrypto, read.value, keys.till.publicKey)).toBe(false)
})

test('does not begin beside a basket or a payment, and what ends the till waits for its end', () => {
  const { till, shown, press } = open()
  till.scanned(APPLE)
  expect(press({ type: 'startTraining' })).toMatchObject({ code: 'gate.open_basket' })
  expect(press({ type: 'takePayment' }, { type: 'startTraining' })).toMatchObject({ code: 'sale.already_paying' })
  expect(shown().training).toBeUndefined()
  press({ type: 'cancelPayment' }, { type: 'clearSale' }, { type: 'startTraining' })
  for (const type of ['signOut', 'update', 'reset', 'startTraining'] as const) expect(press({ type })).toMatchObject({ code: 'till.training' })
  press({ type: 'stopTraining' })
  till.scanned(APPLE)
  expect(shown().sale.itemCount).toBe(1)
})

test('needs a supervisor, stands in the journal by its beginning and end, and PINs are still counted by the till itself', () => {
  const { store, shown, press, head } = open([ben, cleo])
  press({ type: 'signIn', staff: ben.id, pin: '2222' })
  expect(press({ type: 'startTraining' })).toMatchObject({ code: 'staff.needs_role' })
  press({ type: 'allow', staff: cleo.id, pin: '3333' })
  expect(shown()).toMatchObject({ training: true, staff: { signedIn: { name: 'Ben' } }, till: { signedOut: false } })
  const began = head()
  for (let i = 0; i < 4; i++) press({ type: 'signIn', staff: cleo.id, pin: '9999' })
  expect(press({ type: 'signIn', staff: cleo.id, pin: '9999' })).toMatchObject({ code: 'staff.locked_out' })
  // In training everybody may do everything: none of it counts.
  expect(press({ type: 'openDrawer' })?.ok).toBe(true)
  press({ type: 'stopTraining' })
  expect(head()).toBe(began + 2)
  const kinds = store.readAfter({ epoch: 1, n: 0 }, 1e6, 100).map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as { body: { act?: string } })
  expect(kinds.flatMap(({ body }) => body.act ?? [])).toEqual(['sign_in', 'start_training', 'locked_out', 'stop_training'])
})

test('a till that stops in the middle of it comes back as one that counts', () => {
  const { till, shown, press } = open()
  press({ type: 'startTraining' })
  till.scanned(APPLE)
  close()
  close = () => {}
  const again = open()
  again.till.scanned(APPLE)
  expect(again.shown().training).toBeUndefined()
  expect(again.shown().sale.itemCount).toBe(1)
  expect(shown().training).toBe(true)
})
