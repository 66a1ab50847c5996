import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { asyncApiDocument } from './asyncapi.ts'
import { makeRig, sale } from '../test-rig.ts'
import { parseSign1 } from '#protocol/cose.ts'
import { downKinds, healthTopic, linkTopic, parseTopic, tillMay, upTopic } from '#protocol/topics.ts'

type Document = {
  readonly channels: Record<string, { readonly address: string; readonly messages: Record<string, { readonly name?: string }> }>
  readonly operations: Record<
    string,
    {
      readonly action: string
      readonly channel: { readonly $ref: string }
      readonly bindings: { readonly mqtt: { readonly qos: number; readonly retain: boolean } }
    }
  >
}
const written = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../docs/asyncapi.json'), 'utf8')) as Document
const TILL = '01900000-0000-7000-8000-000000000001'

it('is written down as it is: run `npm run openapi` after topics changed', () => {
  expect(written).toEqual(asyncApiDocument())
})

it('has every topic that the code reads, and none that it does not', () => {
  const topics = Object.entries(written.channels).map(([name, { address }]) => `${name} ${parseTopic(address.replace('{till}', TILL))?.channel}`)
  expect(new Set(topics)).toEqual(new Set(['up', 'health', 'link', ...downKinds].map((name) => `${name} ${name}`)))
  for (const { action, channel } of Object.values(written.operations)) {
    const address = written.channels[channel.$ref.slice('#/channels/'.length)]?.address.replace('{till}', TILL) ?? ''
    // What the hub hears is what a till may publish.
    expect(tillMay(TILL, 'publish', address)).toBe(action === 'receive')
  }
})

it('is what goes over the wire: topic, retained or not, and type', async () => {
  const rig = await makeRig()
  const [till, wallet] = [await rig.till(), await rig.wallet()]
  const one = sale(420, wallet.show())
  for (const fact of [one.intended, one.acceptedOffline, one.captured, one.completed]) till.write(fact)
  await rig.send(till, till.batch())
  expect(rig.carrier.sent.length).toBeGreaterThan(4)
  const seen = new Set<string>()
  for (const { topic, payload, retain } of rig.carrier.sent) {
    const kind = parseTopic(topic)?.channel ?? ''
    seen.add(kind)
    const messages = written.channels[kind]?.messages ?? {}
    const operation = Object.values(written.operations).find(({ channel }) => channel.$ref === `#/channels/${kind}`)
    expect([kind, operation?.bindings.mqtt]).toEqual([kind, expect.objectContaining({ qos: 1, retain })])
    const envelope = parseSign1(payload)
    if (kind !== 'chunk') expect(Object.values(messages).map(({ name }) => name)).toContain(envelope.ok ? envelope.value.typ : undefined)
  }
  expect([...seen]).toEqual(expect.arrayContaining(['keys', 'policy', 'catalogue', 'ack']))
  const batch = parseSign1(till.batch())
  expect(Object.values(written.channels['up']?.messages ?? {}).map(({ name }) => name)).toContain(batch.ok ? batch.value.typ : undefined)
  expect([upTopic(TILL), healthTopic(TILL), linkTopic(TILL)]).toEqual(
    ['up', 'health', 'link'].map((name) => written.channels[name]?.address.replace('{till}', TILL)),
  )
})
