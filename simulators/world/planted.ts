import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import type { Crypto } from '#protocol/crypto.ts'
import { encodeSigned, readBatch } from '#protocol/hub/messages.ts'
import { chainHash } from '#protocol/journal/chain.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'
import { ok } from '#protocol/outcome.ts'
import { readCode } from '#protocol/payment-code/code.ts'
import { WORLD_BEGINS } from './clock.ts'
import type { HubBug } from './hub-machine.ts'
import { WorldCrypto } from './keys.ts'
import type { Bug } from './scene.ts'
import type { TillBug } from './till-machine.ts'

/** Believes every signature. */
const credulous = (crypto: Crypto): Crypto => ({ ...crypto, verify: () => true })

/** What a broker's PUBACK would be if it counted: an acknowledgement of all that was sent, which no hub has signed. */
const puback: NonNullable<TillBug['forges']> = (bytes, deliver) => {
  const read = readBatch(bytes)
  if (!read.ok) return
  const { till, epoch, from, previous, entries } = read.value.batch
  const head = entries.reduce((hash, entry) => chainHash(nodeCrypto, hash, entry), previous)
  const received = { n: from - 1 + entries.length, head: hex(head) }
  const nobody = { ...new WorldCrypto().signer('hub ack'), sign: () => new Uint8Array(64) }
  deliver(
    'ack',
    encodeSigned(nobody, signedTypes.ack, {
      v: 1,
      till,
      epoch,
      received,
      safe: received.n,
      settled: received.n,
      answers: '00'.repeat(32),
      exceptions: [],
      hubEpoch: 1,
      hubTime: WORLD_BEGINS,
    }),
  )
}

/** Takes what payments say for the same whenever they have the same id. */
const blindToContent = (crypto: Crypto): Crypto => ({
  ...crypto,
  sha256: (bytes) => {
    const start = bytes.length > 40 ? String.fromCharCode(...bytes.subarray(0, 20)) : ''
    return start.startsWith('["payment.intended"') ? new Uint8Array(32) : crypto.sha256(bytes)
  },
})

/** Verifies the shape of a code and believes the rest. */
const believesCodes: NonNullable<HubBug['prove']> = () => (claims) =>
  Promise.resolve(
    claims.map(({ code }) => {
      const read = readCode(code)
      if (!read.ok) return read
      const { wallet, credentialId } = read.value.credential.claims
      return ok({ wallet, credentialId, counter: read.value.counter, profile: read.value.profile })
    }),
  )

/**
 * Bugs as somebody could write them, planted between the production code and its ports. The simulation is worth something only as long as
 * its seeds find each of them.
 */
/** `breaks`: the invariant by which it shows first. */
export const planted: Readonly<Record<string, { readonly breaks: number; readonly bug: Bug }>> = {
  'the till’s disk lies about being durable': { breaks: 2, bug: { lyingDisks: true } },
  'the till lets go of entries at a PUBACK': { breaks: 8, bug: { till: () => ({ crypto: credulous, forges: puback }) } },
  'the till forgets which codes it took': {
    breaks: 13,
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
  'the till commits entries and records apart': {
    breaks: 8,
    bug: {
      till: () => ({
        store: (store) => ({
          ...store,
          commit: ({ entries, put, remove }) => {
            store.commit(entries === undefined ? {} : { entries })
            store.commit({ ...(put === undefined ? {} : { put }), ...(remove === undefined ? {} : { remove }) })
          },
        }),
      }),
    },
  },
  'the till sends without waiting for an answer': {
    breaks: 7,
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
  'the hub acknowledges before it stores': {
    breaks: 8,
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
    breaks: 8,
    bug: { hub: { copy: (copy) => ({ ...copy, lastSeq: Number.MAX_SAFE_INTEGER, append: () => Promise.resolve(true) }) } },
  },
  'the hub knows payments by id alone': { breaks: 6, bug: { hub: { crypto: blindToContent } } },
  'the hub believes every code': { breaks: 16, bug: { hub: { prove: believesCodes } } },
  'the hub forgets which codes have paid': {
    breaks: 16,
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
