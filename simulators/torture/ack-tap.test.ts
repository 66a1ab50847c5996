import { expect, test } from 'vitest'
import { hex } from '#protocol/bytes.ts'
import { signedTypes } from '#protocol/cose.ts'
import { encodeSigned, type Ack } from '#protocol/hub/messages.ts'
import { freshSeed, nodeCrypto, signerFromSeed } from '#protocol/node/crypto.ts'
import { downTopic, upTopic } from '#protocol/topics.ts'
import { ackTap } from './ack-tap.ts'

const TILL = '01900000-0000-7000-8000-000000000001'
const [root, hub, stranger] = [signerFromSeed(freshSeed()), signerFromSeed(freshSeed()), signerFromSeed(freshSeed())]
const key = { role: 'ack', keyId: hex(hub.keyId), publicKey: hex(hub.publicKey), notBefore: 1, notAfter: 2 }
const keySet = encodeSigned(root, signedTypes.keySet, { v: 1, version: 1, keys: [key] })
const ack: Ack = {
  v: 1,
  till: TILL,
  epoch: 1,
  received: { n: 7, head: '0'.repeat(64) },
  safe: 5,
  settled: 6,
  answers: '0'.repeat(64),
  exceptions: [],
  hubEpoch: 1,
  hubTime: 3,
}
const signed = encodeSigned(hub, signedTypes.ack, ack)

function publish(topic: string, packetId: number, payload: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from([0, packetId]), payload])
  return Buffer.concat([Buffer.from([0x32, (body.length & 127) | 128, body.length >> 7]), body])
}
const puback = (packetId: number): Uint8Array => Buffer.from([0x40, 2, 0, packetId])

function listen() {
  const heard: number[] = []
  let batches = 0
  const tap = ackTap({
    crypto: nodeCrypto,
    identity: () => ({ till: TILL, rootPublicKey: root.publicKey }),
    acknowledged: ({ received }) => void heard.push(received.n),
    sent: () => void (batches += 1),
  })
  return { connection: tap(), again: tap, heard, batches: () => batches }
}

test('an acknowledgement counts once the till has confirmed it', () => {
  const { connection, heard } = listen()
  connection.down(publish(downTopic(TILL, 'keys'), 1, keySet))
  connection.up(puback(1))
  connection.down(publish(downTopic(TILL, 'ack'), 2, signed))
  expect(heard).toEqual([])
  connection.up(puback(2))
  connection.up(puback(2))
  expect(heard).toEqual([7])
})

test('not one that another connection was told of, nor one that nobody trusted has signed, nor one for another till', () => {
  const { connection, again, heard } = listen()
  connection.down(publish(downTopic(TILL, 'ack'), 2, signed))
  connection.up(puback(2))
  connection.down(publish(downTopic(TILL, 'keys'), 1, keySet))
  connection.up(puback(1))
  connection.down(publish(downTopic(TILL, 'ack'), 3, encodeSigned(stranger, signedTypes.ack, ack)))
  connection.up(puback(3))
  connection.down(publish(downTopic(TILL, 'ack'), 4, encodeSigned(hub, signedTypes.ack, { ...ack, till: TILL.replace(/1$/, '2') })))
  connection.up(puback(4))
  connection.down(publish(downTopic(TILL, 'ack'), 5, signed))
  again().up(puback(5))
  expect(heard).toEqual([])
})

test('the moment of a batch is told', () => {
  const { connection, batches } = listen()
  connection.up(publish(upTopic(TILL), 1, new Uint8Array(100)))
  expect(batches()).toBe(1)
})
