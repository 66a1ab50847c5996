import { afterEach, describe, expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { signProof } from '#protocol/payment-code/code.ts'
import { issueCredential } from '#protocol/payment-code/credential.ts'
import { readRequest } from '#protocol/payment-code/request.ts'
import { DAY, HOUR } from '#protocol/time.ts'
import { openStore, type TestLane, type TestStore } from './test-lanes.ts'
import { APPLE, POLICY, START } from './test-till.ts'

let store: TestStore | undefined
afterEach(() => store?.close())

/** Tills that have heard from the hub and lost it, with the edge between them. */
function offlineLanes(count: number, policy: Parameters<typeof openStore>[1] = {}) {
  store = openStore(count, policy)
  for (const lane of store.lanes) {
    lane.hearsHub('goes')
    lane.plug()
  }
  store.pass(3000)
  const lanes = store.lanes as readonly TestLane[]
  const at = (n: number): TestLane => {
    const lane = lanes[n]
    if (lane === undefined) throw new Error(`there is no lane ${n}`)
    return lane
  }
  return { store, at }
}

/** A phone. `pay` answers the code for what the till asks for. */
function phone() {
  const device = signerFromSeed(nodeCrypto.randomBytes(32))
  const credential = issueCredential(signerFromSeed(new Uint8Array(32).fill(2)), {
    wallet: hex(nodeCrypto.randomBytes(16)),
    credentialId: hex(nodeCrypto.randomBytes(8)),
    devicePublicKey: hex(device.publicKey),
    currency: 'EUR',
    perPaymentLimitMinor: 15_000,
    totalLimitMinor: 50_000,
    issuedAtMs: START - HOUR,
    expiresAtMs: START + 7 * DAY,
  })
  let counter = 0
  return {
    show: (now: number) => signProof(device, { credential, now, counter: ++counter, profile: 'show', nonce: nodeCrypto.randomBytes(8) }),
    answer(text: string, now: number) {
      const request = readRequest(text)
      if (!request.ok) throw new Error('not a request')
      return signProof(device, { credential, now, counter: ++counter, profile: 'bound', request: request.value.bytes })
    },
  }
}

function askFor(lane: TestLane, apples: number): string {
  if (lane.view().tender.stage === 'approved') lane.till.command({ type: 'continue' })
  for (let n = 0; n < apples; n++) lane.till.scanned(APPLE)
  lane.till.command({ type: 'takePayment' })
  const { tender } = lane.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`the till shows ${tender.stage}`)
  return tender.request
}

/** Sells apples, 10.00 each; answers why not. */
function sell(store: TestStore, lane: TestLane, apples: number, by = phone()): string {
  const request = askFor(lane, apples)
  const outcome = lane.till.scanned(by.answer(request, store.time.wall))
  return outcome.ok ? lane.view().tender.stage : outcome.code
}

describe('one code, two tills (invariant 13)', () => {
  test('a code that another lane took is refused within 200 ms, and says where', () => {
    const { store, at } = offlineLanes(2)
    for (const lane of [at(0), at(1)]) askFor(lane, 1)
    const code = phone().show(store.time.wall)
    expect(at(0).till.scanned(code).ok).toBe(true)
    store.pass(200)
    expect(at(1).till.scanned(code)).toMatchObject({ ok: false, code: 'code.used_next_door' })
  })

  test('without the edge both take it: the caps are the bound then', () => {
    const { store, at } = offlineLanes(2)
    at(1).pull()
    for (const lane of [at(0), at(1)]) askFor(lane, 1)
    const code = phone().show(store.time.wall)
    expect(at(0).till.scanned(code).ok).toBe(true)
    store.pass(200)
    expect(at(1).till.scanned(code).ok).toBe(true)
  })

  test('a till that joins late, or starts anew, is told', () => {
    const { store, at } = offlineLanes(2)
    at(1).pull()
    const by = phone()
    askFor(at(0), 1)
    const code = by.show(store.time.wall)
    expect(at(0).till.scanned(code).ok).toBe(true)
    store.pass(1000)
    at(1).plug()
    store.pass(500)
    at(0).restart()
    at(1).restart()
    store.pass(2500)
    askFor(at(1), 1)
    expect(at(1).till.scanned(code)).toMatchObject({ ok: false, code: 'code.used_next_door' })
  })

  test('a message that was lost is noticed with the next one, and what it said is asked for', () => {
    const { store, at } = offlineLanes(2)
    askFor(at(0), 1)
    const code = phone().show(store.time.wall)
    store.edge.loses = ({ from }) => from === at(0).id
    expect(at(0).till.scanned(code).ok).toBe(true)
    store.pass(300)
    store.edge.loses = () => false
    store.pass(6000)
    askFor(at(1), 1)
    expect(at(1).till.scanned(code)).toMatchObject({ ok: false, code: 'code.used_next_door' })
  })
})

describe('what a wallet owes, over all lanes', () => {
  test('its cap holds for all of them together, and is free again when the hub has settled', () => {
    const { store, at } = offlineLanes(3)
    const by = phone()
    expect(sell(store, at(0), 10, by)).toBe('approved')
    store.pass(200)
    expect(sell(store, at(1), 10, by)).toBe('approved')
    store.pass(200)
    expect(sell(store, at(2), 1, by)).toBe('policy.instrument_cap')
    at(0).hearsHub('goes')
    store.pass(1000)
    expect(at(2).till.scanned(by.answer(requestOf(at(2)), store.time.wall)).ok).toBe(true)
  })

  test('nobody can play an old day to a till that starts: only an answer to its own question counts', () => {
    const { store, at } = offlineLanes(2)
    const before = store.said.length
    const by = phone()
    expect(sell(store, at(0), 15, by)).toBe('approved')
    store.pass(500)
    const old = store.said.slice(0, before).filter(({ from }) => from === at(0).id)
    at(1).restart()
    for (const message of old) store.replay(message)
    store.pass(3000)
    for (const message of old) store.replay(message)
    store.pass(500)
    expect(sell(store, at(1), 10, by)).toBe('policy.instrument_cap')
  })

  test('what no till of this store has signed counts for nothing', () => {
    const { store, at } = offlineLanes(2)
    const by = phone()
    expect(sell(store, at(0), 15, by)).toBe('approved')
    const spent = store.said.findLast(({ channel }) => channel === 'lane')
    if (spent === undefined) throw new Error('nothing was said')
    store.edge.loses = () => true
    store.pass(200)
    store.edge.loses = () => false
    store.replay({ ...spent, bytes: spent.bytes.map((byte, index) => (index === spent.bytes.length - 1 ? byte ^ 1 : byte)) })
    store.pass(50)
    expect(sell(store, at(1), 10, by)).toBe('approved')
  })
})

const requestOf = (lane: TestLane): string => {
  const { tender } = lane.view()
  if (tender.stage !== 'awaiting_code') throw new Error(`the till shows ${tender.stage}`)
  return tender.request
}

describe('copies at the neighbours (invariant 11)', () => {
  const onlyHere = (lane: TestLane) => lane.view().link.waiting.onlyHere?.amountMinor

  test('what a till alone has taken is soon on two others, and the screen says what is not', () => {
    const { store, at } = offlineLanes(4)
    store.edge.loses = ({ channel }) => channel === 'copy'
    expect(sell(store, at(0), 3)).toBe('approved')
    expect(onlyHere(at(0))).toBe(3000)
    store.pass(1000)
    expect(onlyHere(at(0))).toBe(3000)
    store.edge.loses = () => false
    store.pass(4000)
    expect(onlyHere(at(0))).toBe(0)
    expect(at(0).view().link.waiting.amountMinor).toBe(3000)
    expect([1, 2, 3].filter((n) => at(n).copies(at(0).id).length > 0)).toEqual([1, 2])
  })

  test('the neighbours let go of them when the hub has them safe', () => {
    const { store, at } = offlineLanes(3)
    expect(sell(store, at(0), 1)).toBe('approved')
    store.pass(1000)
    expect(at(1).copies(at(0).id)).not.toEqual([])
    at(0).hearsHub('goes')
    store.pass(1000)
    expect(at(1).copies(at(0).id)).toEqual([])
    expect(at(2).copies(at(0).id)).toEqual([])
  })

  test('a till that is gone: its neighbours bring to the hub what they keep, until the hub says that it is safe', () => {
    const { store, at } = offlineLanes(3)
    expect(sell(store, at(0), 1)).toBe('approved')
    store.pass(1000)
    at(0).pull()
    at(1).restart()
    at(1).hearsHub('stays')
    store.pass(7000)
    const files = at(1).sent.filter((bytes) => bytes[0] === 0x53)
    const [file] = files
    if (file === undefined) throw new Error('nothing was brought')
    expect(at(1).till.command({ type: 'reset' })).toMatchObject({ ok: false, code: 'gate.copies_kept' })
    at(1).copied(file, at(0).id)
    expect(at(1).copies(at(0).id)).toEqual([])
    expect(at(1).till.command({ type: 'reset' }).ok).toBe(true)
    expect(at(2).copies(at(0).id)).not.toEqual([])
  })

  test('another neighbour takes over where one is gone', () => {
    const { store, at } = offlineLanes(4)
    at(1).pull()
    store.pass(11_000)
    expect(sell(store, at(0), 1)).toBe('approved')
    store.pass(1000)
    expect([1, 2, 3].filter((n) => at(n).copies(at(0).id).length > 0)).toEqual([2, 3])
  })
})

describe('slices of the store’s cap (invariant 3)', () => {
  const sliced = { storeSlice: { storeMinor: 20_000, sliceMinor: 10_000 }, offline: { ...POLICY.offline, perPaymentMinor: 5000, perShownCodeMinor: 5000 } }

  test('a lane that runs out is lent by another, which may take so much less; cut off it spends its own', () => {
    const { store, at } = offlineLanes(2, sliced)
    for (let n = 0; n < 2; n++) expect(sell(store, at(0), 5)).toBe('approved')
    store.pass(3000)
    expect(sell(store, at(0), 5)).toBe('approved')
    at(0).pull()
    store.pass(3000)
    expect(sell(store, at(1), 5)).toBe('approved')
    expect(sell(store, at(1), 5)).toBe('policy.store_cap')
  })

  test('alone it spends no more than its slice', () => {
    const { store, at } = offlineLanes(2, sliced)
    at(0).pull()
    for (let n = 0; n < 2; n++) expect(sell(store, at(0), 5)).toBe('approved')
    store.pass(5000)
    expect(sell(store, at(0), 1)).toBe('policy.store_cap')
  })

  test('all lanes together never take more than the store’s cap, whatever is lost, repeated or started anew', () => {
    const { store, at } = offlineLanes(2, sliced)
    let taken = 0
    store.edge.loses = ({ bytes }) => (bytes.at(-1) ?? 0) % 3 === 0
    for (let turn = 0; turn < 40; turn++) {
      const lane = at(turn % 2)
      if (turn % 7 === 3) lane.restart()
      for (const message of store.said.slice(-20)) store.replay(message)
      store.pass(700)
      if (lane.view().tender.stage === 'awaiting_code') lane.till.command({ type: 'cancelPayment' })
      lane.till.command({ type: 'clearSale' })
      if (sell(store, lane, 1 + (turn % 3)) === 'approved') taken += 1000 * (1 + (turn % 3))
      expect(taken).toBeLessThanOrEqual(20_000)
    }
    expect(taken).toBeGreaterThan(12_000)
  })
})
