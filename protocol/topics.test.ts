import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeId } from './ids.ts'
import {
  allHealthFilter,
  allLinkFilter,
  allUpFilter,
  downFilter,
  downKinds,
  downTopic,
  healthTopic,
  linkTopic,
  parseTopic,
  tillMay,
  upTopic,
} from './topics.ts'

const own = makeId(1, new Uint8Array(10).fill(0xab))
const other = makeId(1, new Uint8Array(10).fill(1))

/** MQTT 3.1.1 §4.7: does a filter hear a topic? Written anew here, so that the rules are checked against the standard and not themselves. */
function hears(filter: string, topic: string): boolean {
  const levels = topic.split('/')
  const parts = filter.split('/')
  for (const [index, part] of parts.entries()) {
    if (part === '#') return true
    if (levels[index] === undefined || (part !== '+' && part !== levels[index])) return false
  }
  return parts.length === levels.length
}

describe('topics', () => {
  test('are read as they were written', () => {
    expect(parseTopic(upTopic(own))).toEqual({ till: own, channel: 'up' })
    expect(parseTopic(linkTopic(own))).toEqual({ till: own, channel: 'link' })
    expect(parseTopic(healthTopic(own))).toEqual({ till: own, channel: 'health' })
    for (const kind of downKinds) expect(parseTopic(downTopic(own, kind))).toEqual({ till: own, channel: kind })
  })

  test('reach who they are for', () => {
    for (const kind of downKinds) expect(hears(downFilter(own), downTopic(own, kind))).toBe(true)
    expect(hears(allUpFilter, upTopic(own)) && hears(allHealthFilter, healthTopic(own)) && hears(allLinkFilter, linkTopic(own))).toBe(true)
    expect(hears(allUpFilter, linkTopic(own)) || hears(allUpFilter, healthTopic(own)) || hears(allLinkFilter, upTopic(own))).toBe(false)
  })

  test.each([
    '',
    'sp/1/till',
    `sp/1/till/${own}`,
    `sp/1/till/${own}/`,
    `sp/1/till/${own}/up/`,
    `sp/1/till/${own}/up/more`,
    `sp/1/till/${own}/down`,
    `sp/1/till/${own}/down/`,
    `sp/1/till/${own}/down/nonsense`,
    `sp/1/till/${own}/down/ack/more`,
    `sp/1/till/${own}/ack`,
    `sp/2/till/${own}/up`,
    `/sp/1/till/${own}/up`,
    `sp/1/till/not-an-id/up`,
    `sp/1/till/+/up`,
    `sp/1/till/${own.toUpperCase()}/up`,
    '$SYS/broker',
  ])('%o is none of ours', (topic) => expect(parseTopic(topic)).toBeUndefined())

  test('any text is read or refused, never thrown at', () => {
    const piece = fc.constantFrom('sp', '1', 'till', own, 'up', 'down', 'ack', 'health', 'link', '', '+', '#', 'constructor')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const topic = pieces.join('/')
        const read = parseTopic(topic)
        const written = read && [upTopic(read.till), healthTopic(read.till), linkTopic(read.till), ...downKinds.map((kind) => downTopic(read.till, kind))]
        expect(written === undefined || written.includes(topic)).toBe(true)
      }),
    )
  })
})

describe('what a till may do at the broker', () => {
  test('its own part', () => {
    expect(tillMay(own, 'publish', upTopic(own))).toBe(true)
    expect(tillMay(own, 'publish', linkTopic(own))).toBe(true)
    expect(tillMay(own, 'publish', healthTopic(own))).toBe(true)
    expect(tillMay(own, 'subscribe', downFilter(own))).toBe(true)
  })

  const tempting = [
    '#',
    '+',
    '+/+',
    'sp/#',
    'sp/1/till/+/down/+',
    'sp/1/till/#',
    '$SYS/#',
    `$share/x/${downFilter(own)}`,
    `${upTopic(own)}/`,
    `/${upTopic(own)}`,
    '',
    upTopic(other),
    linkTopic(other),
    healthTopic(other),
    downFilter(other),
    allUpFilter,
    allLinkFilter,
    allHealthFilter,
    `sp/1/till/${own}/#`,
    `sp/1/till/${own}/+`,
    ...downKinds.flatMap((kind) => [downTopic(own, kind), downTopic(other, kind)]),
  ]

  test.each(tempting)('not publish %o', (topic) => expect(tillMay(own, 'publish', topic)).toBe(false))
  test.each([...tempting, upTopic(own), healthTopic(own), linkTopic(own)])('not subscribe to %o', (filter) =>
    expect(tillMay(own, 'subscribe', filter)).toBe(false),
  )

  test('nothing that it may subscribe to lets it hear another till', () => {
    const filters = [...tempting, downFilter(own)].filter((filter) => tillMay(own, 'subscribe', filter))
    expect(
      filters.filter((filter) => [upTopic(other), healthTopic(other), linkTopic(other), downTopic(other, 'ack')].some((topic) => hears(filter, topic))),
    ).toEqual([])
  })
})
