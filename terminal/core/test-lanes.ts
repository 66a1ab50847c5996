import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hex, utf8 } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { EXPORT_ROLE, encodeSigned, readBatch, type LaneSettings, type Policy } from '#protocol/hub/messages.ts'
import type { Id } from '#protocol/ids.ts'
import { nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { exportKeyFromSecret } from '#protocol/node/sealed-journal.ts'
import { ok } from '#protocol/outcome.ts'
import type { View } from '#protocol/till-api/api.ts'
import { DAY } from '#protocol/time.ts'
import { openSqliteStore } from './store-sqlite.ts'
import { CATALOGUE, POLICY, START, VirtualTime } from './test-till.ts'
import { Till } from './till.ts'

/** Several tills of one store on real SQLite files, and between them an edge that a test can cut, replay and lose messages on. */

export const STORE = CATALOGUE.store.id
const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const keys = { root: signerFromSeed(seed(1)), issuer: signerFromSeed(seed(2)), policy: signerFromSeed(seed(3)), ack: signerFromSeed(seed(4)) }
const exportKey = exportKeyFromSecret(seed(9))
const idOf = (n: number): Id => `0198c0de-0000-7000-8000-0000000000a${n}`

export type Carried = { readonly from: Id; readonly channel: 'lane' | 'copy'; readonly to: Id | undefined; readonly bytes: Uint8Array }
export type TestLane = ReturnType<typeof openLane>
export type TestStore = ReturnType<typeof openStore>

const signedKeys = encodeSigned(keys.root, signedTypes.keySet, {
  v: 1,
  version: 1,
  keys: [
    ...(['issuer', 'policy', 'ack'] as const).map((role) => ({ role: role as string, ...keys[role] })),
    { role: EXPORT_ROLE, keyId: exportKey.keyId, publicKey: exportKey.publicKey },
  ].map(({ role, keyId, publicKey }) => ({ role, keyId: hex(keyId), publicKey: hex(publicKey), notBefore: START - DAY, notAfter: START + 365 * DAY })),
})

/** `policy`: what each till's differs in. The edge carries what was said when `pass` is called. */
export function openStore(count: number, policy: Partial<Policy> = {}) {
  const time = new VirtualTime()
  const lines = new Map<Id, { plugged: boolean; hear: ((channel: 'lane' | 'copy', bytes: Uint8Array) => void) | undefined }>()
  const queue: Carried[] = []
  const said: Carried[] = []
  const edge = { loses: (_: Carried): boolean => false }
  const signers = Array.from({ length: count }, (_, n) => signerFromSeed(seed(20 + n)))
  const settings: LaneSettings = {
    v: 1,
    version: 1,
    store: STORE,
    tills: signers.map(({ publicKey }, n) => ({ till: idOf(n), name: `Till ${n}`, publicKey: hex(publicKey) })),
    edge: { url: 'mqtts://edge.example:7430', publicKey: hex(seed(7)), mdns: false },
  }
  const carry = (message: Carried): void => {
    said.push(message)
    if (lines.get(message.from)?.plugged === true && !edge.loses(message)) queue.push(message)
  }
  const deliver = (): boolean => {
    const due = queue.splice(0)
    for (const { from, channel, to, bytes } of due) {
      for (const [till, line] of lines) if (till !== from && line.plugged && (to === undefined || to === till)) line.hear?.(channel, bytes)
    }
    return due.length > 0
  }
  const lanes = signers.map((signer, n) => {
    const line: { plugged: boolean; hear: ((channel: 'lane' | 'copy', bytes: Uint8Array) => void) | undefined } = { plugged: false, hear: undefined }
    lines.set(idOf(n), line)
    return openLane({ n, signer, time, line, carry, settings, policy })
  })
  return {
    time,
    lanes,
    said,
    edge,
    settings,
    /** Lets time pass and everything be carried that is said in it. */
    pass(ms: number) {
      for (let left = ms; left > 0; left -= 10) {
        time.advance(Math.min(10, left))
        deliver()
      }
    },
    /** Plays a message again, to everybody. */
    replay(message: Carried) {
      queue.push(message)
    },
    close: () => {
      for (const lane of lanes) lane.close()
    },
  }
}

function openLane(parts: {
  readonly n: number
  readonly signer: ReturnType<typeof signerFromSeed>
  readonly time: VirtualTime
  readonly line: { plugged: boolean; hear: ((channel: 'lane' | 'copy', bytes: Uint8Array) => void) | undefined }
  readonly carry: (message: Carried) => void
  readonly settings: LaneSettings
  readonly policy: Partial<Policy>
}) {
  const { n, signer, time, line, carry } = parts
  const id = idOf(n)
  const path = join(mkdtempSync(join(tmpdir(), 'lane-')), 'journal.sqlite')
  const sent: Uint8Array[] = []
  let view: View | undefined
  let running = start()

  function start() {
    const store = openSqliteStore(path)
    const till = new Till(
      { till: id, name: `Till ${n}`, signer, rootPublicKey: keys.root.publicKey },
      {
        clock: time,
        timers: time,
        crypto: nodeCrypto,
        store,
        link: { send: (batch) => void sent.push(batch), reconnect: () => {} },
        printer: { print: () => true },
        devices: { order: () => true },
        exporter: { exportJournal: () => ok({ file: '', entries: 0 }) },
        lanes: {
          configure: () => {},
          say: (bytes) => carry({ from: id, channel: 'lane', to: undefined, bytes }),
          copy: (to, bytes) => carry({ from: id, channel: 'copy', to, bytes }),
          // What is in the seal is nobody's business here: a copy begins like one and carries the batch.
          seal: (_key, _till, batch, done) => void time.after(1, () => done(new Uint8Array([...utf8('SPJ1'), ...batch.bytes]))),
        },
        leave: () => {},
        show: (message) => {
          if (message.type === 'view') view = message.view
        },
        log: () => {},
      },
    )
    till.start()
    return { store, till }
  }
  const receive = (): void => {
    const { till } = running
    till.received('keys', signedKeys)
    till.received('policy', encodeSigned(keys.policy, signedTypes.policy, { ...POLICY, till: id, ...parts.policy }))
    till.received('catalogue', encodeSigned(keys.policy, signedTypes.catalogue, CATALOGUE))
    till.received('lanes', encodeSigned(keys.policy, signedTypes.lanes, parts.settings))
  }
  receive()
  const ack = (received: number, safe: number): Uint8Array => {
    const [entry] = received === 0 ? [] : running.store.readAfter({ epoch: 1, n: received - 1 }, 1, 1)
    return encodeSigned(keys.ack, signedTypes.ack, {
      v: 1,
      till: id,
      epoch: 1,
      received: { n: received, head: hex(entry?.hash ?? new Uint8Array(32)) },
      safe,
      settled: safe,
      answers: hex(nodeCrypto.sha256(sent.findLast((bytes) => readBatch(bytes).ok) ?? new Uint8Array(0))),
      exceptions: [],
      hubEpoch: 1,
      hubTime: time.now(),
    })
  }
  const lane = {
    id,
    sent,
    line,
    get till() {
      return running.till
    },
    get store() {
      return running.store
    },
    view: (): View => {
      if (view === undefined) throw new Error('nothing was shown')
      return view
    },
    head: () => running.store.head()?.n ?? 0,
    /** The hub has everything and is there; then the cable to it is pulled, unless it shall stay. */
    hearsHub(stays: 'stays' | 'goes') {
      running.till.connected()
      running.till.received('ack', ack(lane.head(), lane.head()))
      if (stays === 'goes') running.till.disconnected()
    },
    copied: (file: Uint8Array, of: Id) =>
      running.till.received(
        'copied',
        encodeSigned(keys.ack, signedTypes.copied, { v: 1, till: id, of, answers: hex(nodeCrypto.sha256(file)), hubTime: time.now() }),
      ),
    plug() {
      line.plugged = true
      running.till.laneConnected()
    },
    pull() {
      line.plugged = false
      running.till.laneDisconnected()
    },
    restart() {
      const was = line.plugged
      line.plugged = false
      running.till.stop()
      running.store.close()
      running = start()
      line.hear = (channel, bytes) => running.till.laneHeard(channel, bytes)
      if (was) lane.plug()
    },
    copies: (of: Id) => [...running.store.records(`copy/${of}/`).keys()],
    close() {
      running.till.stop()
      running.store.close()
    },
  }
  line.hear = (channel, bytes) => running.till.laneHeard(channel, bytes)
  return lane
}
