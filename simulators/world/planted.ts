import { equalBytes, hex, utf8Text } from '#protocol/bytes.ts'
import { parseSign1, signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeSigned, policySchema, readBatch, type Policy } from '#protocol/hub/messages.ts'
import { chainHash } from '#protocol/journal/chain.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { ok } from '#protocol/outcome.ts'
import { DenyList } from '#protocol/policy/deny-list.ts'
import { readCode } from '#protocol/payment-code/code.ts'
import { DAY, type Clock } from '#protocol/time.ts'
import { isPhonePaymentId } from '../../hub/intake/phone-payment-id.ts'
import type { Head, HubStore, Payment } from '../../hub/store/hub-store.ts'
import { compare, type Place } from '../../terminal/core/outbox.ts'
import type { Change, TillStore } from '../../terminal/core/store.ts'
import { WORLD_BEGINS } from './clock.ts'
import type { HubBug } from './hub-machine.ts'
import { WorldCrypto } from './keys.ts'
import { moneyPlants } from './money-plants.ts'
import { forgetsDecisions } from './risk-watch.ts'
import type { Bug } from './scene.ts'
import { approvalIn, type TillBug } from './till-machine.ts'
import { hubKeyNames } from './vault.ts'

/** `breaks`: the promises by which it may show; another one that is broken does not count as found. */
export type Planted = { readonly breaks: readonly number[]; readonly bug: Bug }

/** Of hubs, in all worlds. */
let starts = 0

/**
 * Bugs as somebody could write them, planted between the production code and its ports. The simulation is worth something only as long as
 * its seeds find each of them. The first twelve are those that issue 3 names, in its order.
 */
export const planted: Readonly<Record<string, Planted>> = {
  'approved before it is on the disk': {
    breaks: [2],
    bug: {
      till: () => ({
        store: (store, show) => ({
          ...store,
          commit: (change) => {
            const approval = approvalIn(change)
            if (approval !== undefined) show(approval)
            store.commit(change)
          },
        }),
      }),
    },
  },
  'payments are told apart by id alone': { breaks: [6], bug: { hub: { crypto: (crypto) => ({ ...crypto, sha256: blindToContent(crypto) }) } } },
  'no reversal after the till has decided otherwise': { breaks: [9], bug: { hub: { store: forgetsToRelease } } },
  'a fork is accepted': { breaks: [4], bug: { hub: { store: readsHeadsLate } } },
  'caps that ignore what is pending': { breaks: [3], bug: { till: () => ({ store: forgetsPending }) } },
  ...moneyPlants,
  'a decision of risk is not written down': { breaks: [14], bug: { hub: { store: forgetsDecisions } } },
  'two refunds race past the capture': { breaks: [12], bug: { hub: { store: readsRefundsLate } } },
  'released at a PUBACK': { breaks: [8], bug: { till: () => ({ crypto: (crypto) => ({ ...crypto, verify: () => true }), forges: puback }) } },
  'released when received, and not when safe': { breaks: [0, 7], bug: { till: () => ({ store: prunesReceived() }) } },
  'a clock that was set back widens limits': { breaks: [10], bug: { till: () => ({ clock: hidesSteps() }) } },
  'a store that is opened with durability off': { breaks: [2], bug: { durability: 'OFF' } },
  'the outbox is drained twice at once': {
    breaks: [7],
    bug: {
      till: () => ({
        link: (link) => ({
          ...link,
          send: (batch) => {
            link.send(batch)
            link.send(batch)
          },
        }),
      }),
    },
  },
  'one bad entry blocks the rest': { breaks: [14], bug: { hub: { store: stopsAtBadEntries } } },

  'a reversal is lost after the acquirer was silent': {
    breaks: [9, 12, 16],
    bug: {
      hub: {
        acquirer: (acquirer) => ({
          ...acquirer,
          ask: (asking) => {
            const { exchange } = asking
            return exchange.kind === 'reverse' && exchange.why === 'no_answer' ? Promise.resolve({ type: 'approved' }) : acquirer.ask(asking)
          },
        }),
      },
    },
  },
  'a hub that starts again asks its acquirer under other references': {
    breaks: [12],
    bug: {
      hub: {
        acquirer: (acquirer) => {
          const start = ++starts
          const ofStart = (rrn: string): string => `${rrn} ${start}`
          return {
            ...acquirer,
            ask: (asking) => acquirer.ask({ ...asking, exchange: { ...asking.exchange, rrn: ofStart(asking.exchange.rrn) } }),
          }
        },
      },
    },
  },
  'a payment that nobody is sure of is not cancelled at the scheme': {
    breaks: [9, 12, 16],
    bug: {
      hub: {
        scheme: (acquirer) => ({
          ...acquirer,
          ask: (asking) => (asking.exchange.kind === 'reverse' ? Promise.resolve({ type: 'approved' }) : acquirer.ask(asking)),
        }),
      },
    },
  },
  'the hub never tells tills what phones have paid': { breaks: [0], bug: { hub: { mute: 'paid' } } },
  'what a phone paid and no till sold for is kept': { breaks: [9], bug: { hub: { store: keepsHoldsOfPhones } } },
  'the till forgets which codes it took': {
    breaks: [13],
    bug: {
      till: () => ({
        store: (store) => ({
          ...store,
          commit: ({ put = {}, ...change }) =>
            store.commit({ ...change, put: Object.fromEntries(Object.entries(put).filter(([name]) => !name.startsWith('credential/'))) }),
        }),
      }),
    },
  },
  'the till forgets which goods came back': {
    breaks: [12],
    bug: {
      till: () => ({
        store: (store) => ({
          ...store,
          commit: ({ put = {}, ...change }) =>
            store.commit({ ...change, put: Object.fromEntries(Object.entries(put).filter(([name]) => !name.startsWith('returned/of/'))) }),
        }),
      }),
    },
  },
  'a part that was paid is forgotten at a crash': {
    breaks: [12],
    bug: { till: () => ({ store: (store) => ({ ...store, records: (prefix) => withoutTenders(store.records(prefix)) }) }) },
  },
  'the hub forgets which points a payment gave': { breaks: [12], bug: { hub: { store: forgetsPoints } } },
  'a credit is spent twice': { breaks: [12], bug: { hub: { store: readsCreditsLate } } },
  'the till forgets what lies in its drawer': {
    breaks: [12],
    bug: {
      till: () => ({
        store: (store) => ({
          ...store,
          commit: ({ put = {}, ...change }) =>
            store.commit({ ...change, put: Object.fromEntries(Object.entries(put).filter(([name]) => !name.startsWith('cash/'))) }),
        }),
      }),
    },
  },
  'the till commits entries and records apart': {
    breaks: [5, 8, 9],
    bug: {
      till: () => ({
        store: (store) => ({
          ...store,
          commit: ({ entries, ...rest }) => {
            store.commit(entries === undefined ? {} : { entries })
            store.commit(rest)
          },
        }),
      }),
    },
  },
  'the hub acknowledges before it stores': {
    breaks: [2, 8],
    bug: {
      hub: {
        store: (store) => ({
          ...store,
          commit: (changes) => {
            void store.commit(changes)
            return Promise.resolve('done')
          },
        }),
      },
    },
  },
  'the hub calls safe what has no second copy': {
    breaks: [8],
    bug: { hub: { copy: (copy) => ({ ...copy, lastSeq: Number.MAX_SAFE_INTEGER, append: () => Promise.resolve(true) }) } },
  },
  'the hub believes every code': { breaks: [0, 16], bug: { hub: { prove: believesCodes } } },
  'a basket that was put aside is forgotten with the power': {
    breaks: [0],
    bug: { till: () => ({ store: (store) => ({ ...store, records: (prefix) => (prefix === 'parked/' ? new Map() : store.records(prefix)) }) }) },
  },
  'a delta of the deny list is lost, and passed over': { breaks: [0, 10], bug: { till: () => ({ store: emptyDenyList }) } },
  'the hub never tells of its deny list': { breaks: [0], bug: { hub: { mute: 'deny' } } },
  'a policy is gone by after its end': {
    breaks: [10],
    bug: { till: () => ({ hears: readsPolicy((policy) => ({ ...policy, validUntil: policy.validUntil + 30 * DAY })) }) },
  },
  'a policy that was replaced is there again after a restart': { breaks: [3, 10], bug: { till: () => ({ store: keepsFirstPolicy }) } },
  'a slice of the store’s cap is ignored': { breaks: [3], bug: { till: () => ({ hears: readsPolicy(({ storeSlice: _, ...policy }) => policy) }) } },
  'the hub forgets which codes have paid': {
    breaks: [16],
    bug: {
      hub: {
        store: (store) => ({
          ...store,
          get: (table, ids) => (table === 'codes' ? Promise.resolve([]) : store.get(table, ids)),
          commit: ({ codes: _, ...changes }) => store.commit(changes),
        }),
      },
    },
  },
}

// ---------------------------------------------------------------- at the till

/** What a broker's PUBACK would be if it counted: an acknowledgement of all that was sent, which no hub has signed. */
function puback(bytes: Uint8Array, deliver: Parameters<NonNullable<TillBug['forges']>>[1]): void {
  const read = readBatch(bytes)
  if (!read.ok) return
  const { till, epoch, from, previous, entries } = read.value.batch
  const head = entries.reduce((hash, entry) => chainHash(nodeCrypto, hash, entry), previous)
  const received = { n: from - 1 + entries.length, head: hex(head) }
  const claims = { safe: received.n, settled: received.n, answers: '00'.repeat(32), exceptions: [], hubEpoch: 1, hubTime: WORLD_BEGINS }
  // One of these names is the hub's key; the signature is nobody's.
  for (const name of hubKeyNames) {
    const nobody = { ...new WorldCrypto().signer(name), sign: () => new Uint8Array(64) }
    deliver('ack', encodeSigned(nobody, signedTypes.ack, { v: 1, till, epoch, received, ...claims }))
  }
}

/** Forgets what is at risk at every start, and lets all of it go as soon as anything is settled. */
function forgetsPending(store: TillStore): TillStore {
  return { ...store, payments: { ...store.payments, riskAfter: (place, upTo) => (upTo === undefined ? new Map() : store.payments.riskAfter(place)) } }
}

/** Takes a policy for another than the one that was signed. */
function readsPolicy(otherwise: (policy: Policy) => Policy): NonNullable<TillBug['hears']> {
  const signers = hubKeyNames.map((name) => new WorldCrypto().signer(name))
  return (kind, bytes) => {
    const envelope = parseSign1(bytes)
    const signer = envelope.ok ? signers.find(({ keyId }) => equalBytes(keyId, envelope.value.keyId)) : undefined
    if (kind !== 'policy' || !envelope.ok || envelope.value.typ !== signedTypes.policy || signer === undefined) return bytes
    return encodeSigned(signer, signedTypes.policy, otherwise(policySchema.parse(JSON.parse(utf8Text(envelope.value.payload)))))
  }
}

/** Decides by each new policy, and has the first one on its disk. */
function keepsFirstPolicy(store: TillStore): TillStore {
  return {
    ...store,
    commit: ({ put = {}, ...change }) =>
      store.commit({ ...change, put: Object.fromEntries(Object.entries(put).filter(([name]) => name !== 'authority/policy')) }),
  }
}

/** Starts with nothing denied, and takes that for the list that it was told of last. */
function emptyDenyList(store: TillStore): TillStore {
  return {
    ...store,
    records: (prefix) => {
      const kept = store.records(prefix)
      const standing = kept.get('denied/standing')
      if (standing === undefined) return kept
      const empty = [...kept].map(([name, text]) => [name, name.startsWith('denied/part/') ? '' : text] as const)
      const told = { ...(JSON.parse(standing) as Record<string, unknown>), check: DenyList.empty.check }
      return new Map(empty).set('denied/standing', JSON.stringify(told))
    },
  }
}

/** Throws entries away as soon as the hub has received them. The newest stays, so that the next can follow. */
function prunesReceived(): (store: TillStore) => TillStore {
  let received: Place = { epoch: 1, n: 0 }
  return (store) => ({
    ...store,
    commit: (change: Change) => {
      store.commit(change)
      const heard = change.put?.['outbox']
      const said = heard === undefined ? undefined : (JSON.parse(heard) as { readonly received: Place }).received
      if (said !== undefined && compare(said, received) > 0) received = said
    },
    readAfter: (place, maxBytes, maxCount) => {
      const kept = { epoch: received.epoch, n: received.n - 1 }
      return store.readAfter(compare(place, kept) < 0 ? kept : place, maxBytes, maxCount)
    },
  })
}

/** A clock that never goes back, so that nobody sees that it was set back: it runs on from where it was, and nothing seems to be long ago. */
function hidesSteps(): (clock: Clock) => Clock {
  let latest = 0
  let hidden = 0
  return (clock) => ({
    now: () => {
      const now = clock.now()
      hidden = Math.max(hidden, latest - now)
      latest = now + hidden
      return latest
    },
    monotonic: () => clock.monotonic(),
  })
}

const withoutTenders = (records: ReadonlyMap<string, string>): Map<string, string> => new Map([...records].filter(([name]) => name !== 'sale/tenders'))

// ---------------------------------------------------------------- at the hub

/** Reads what was spent of a credit from a replica that never hears of it. */
function readsCreditsLate(store: HubStore): HubStore {
  return {
    ...store,
    get: async (table, ids) => {
      const rows = await store.get(table, ids)
      return rows.map((row) => ('debitsPosted' in row && row.id.startsWith('credit/') ? { ...row, debitsPosted: 0n, debitsPending: 0n } : row))
    },
  }
}

/** Finds none of the points that a sale gave, so that they stay when its money goes back. */
function forgetsPoints(store: HubStore): HubStore {
  return {
    ...store,
    get: async (table, ids) =>
      await store.get(
        table,
        ids.filter((id) => !id.endsWith('/points-earned')),
      ),
  }
}

/** Takes what payments say for the same whenever they have the same id. */
function blindToContent(crypto: Crypto): Crypto['sha256'] {
  return (bytes) => {
    const start = bytes.length > 40 ? String.fromCharCode(...bytes.subarray(0, 20)) : ''
    return start.startsWith('["payment.intended"') ? new Uint8Array(32) : crypto.sha256(bytes)
  }
}

/** A hold that a till gives up is marked as released, and the money stays where it is. */
function forgetsToRelease(store: HubStore): HubStore {
  return {
    ...store,
    commit: (changes) => {
      const releases = new Set((changes.transfers ?? []).flatMap(({ kind, pendingId }) => (kind === 'void' ? (pendingId ?? []) : [])))
      if (releases.size === 0) return store.commit(changes)
      const { accounts: _, transfers: __, ...rest } = changes
      return store.commit(rest)
    },
  }
}

/** Never looks at what no till has claimed. */
function keepsHoldsOfPhones(store: HubStore): HubStore {
  return {
    ...store,
    dueHolds: async (now, limit) => (await store.dueHolds(now, limit)).filter(({ payment }) => payment === undefined || !isPhonePaymentId(payment)),
  }
}

/** Reads where tills stand from a replica that is one commit behind: a journal that goes on from there is a fork, and fits. */
export function readsHeadsLate(store: HubStore): HubStore {
  const before = new Map<string, Head>()
  return {
    ...store,
    get: async (table, ids) => {
      const rows = await store.get(table, ids)
      if (table !== 'heads') return rows
      return rows.map((row) => {
        const old = before.get(row.id)
        return old === undefined ? row : { ...row, n: old.n, epoch: old.epoch, hash: old.hash }
      })
    },
    commit: async (changes) => {
      const heads = await store.get(
        'heads',
        (changes.heads ?? []).map(({ id }) => id),
      )
      const committed = await store.commit(changes)
      if (committed === 'done') for (const head of heads) before.set(head.id, head)
      return committed
    },
  }
}

/** Reads what was refunded before from a replica that never hears of it. */
function readsRefundsLate(store: HubStore): HubStore {
  const late = (payment: Payment): Payment => ({ ...payment, refundedMinor: 0, state: payment.state === 'REFUNDED' ? 'CAPTURED' : payment.state })
  const payments = (rows: readonly Payment[]): readonly Payment[] => rows.map(late)
  return {
    ...store,
    get: async (table, ids) => {
      const rows = await store.get(table, ids)
      return table === 'payments' ? rows.map((row) => ({ ...row, refundedMinor: 0 })) : rows
    },
    paymentsByReceipt: async (numbers) => payments(await store.paymentsByReceipt(numbers)),
  }
}

/** Waits for somebody to mend an entry that cannot be read. */
function stopsAtBadEntries(store: HubStore): HubStore {
  return {
    ...store,
    entries: async (...asked) => {
      const entries = await store.entries(...asked)
      const bad = entries.findIndex(({ bytes }) => !isJson(bytes))
      return bad === -1 ? entries : entries.slice(0, bad)
    },
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString())
    return true
  } catch {
    return false
  }
}

/** Verifies the shape of a code and believes the rest. */
function believesCodes(): ReturnType<NonNullable<HubBug['prove']>> {
  return (claims) =>
    Promise.resolve(
      claims.map(({ code }) => {
        const read = readCode(code)
        if (!read.ok) return read
        const { wallet, credentialId } = read.value.credential.claims
        return ok({ wallet, credentialId, counter: read.value.counter, profile: read.value.profile })
      }),
    )
}
