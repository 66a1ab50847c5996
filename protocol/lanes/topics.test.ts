import { expect, test } from 'vitest'
import { copyTopic, laneFilters, laneMay, laneTopic, parseLaneTopic, settingsTopic } from './topics.ts'

const store = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
const otherStore = '017f22e2-79b0-7cc3-98c4-dc0c0c073980'
const own = '017f22e2-79b0-7cc3-98c4-dc0c0c073981'
const other = '017f22e2-79b0-7cc3-98c4-dc0c0c073982'

test('what is written is read again', () => {
  expect(parseLaneTopic(laneTopic(store, own))).toEqual({ store, from: own, channel: 'lane' })
  expect(parseLaneTopic(copyTopic(store, own, other))).toEqual({ store, from: own, channel: 'copy', to: other })
  expect(parseLaneTopic(settingsTopic(store, own, 'keys'))).toEqual({ store, from: own, channel: 'settings', kind: 'keys' })
})

test('a till speaks under its own name, in its own store', () => {
  for (const topic of [laneTopic(store, own), copyTopic(store, own, other), settingsTopic(store, own, 'lanes')])
    expect(laneMay(store, own, 'publish', topic)).toBe(true)
  for (const topic of [
    laneTopic(store, other),
    laneTopic(otherStore, own),
    copyTopic(store, other, own),
    `${laneTopic(store, own)}/x`,
    `${laneTopic(store, own)}/`,
    '#',
  ])
    expect(laneMay(store, own, 'publish', topic)).toBe(false)
})

test('a till hears what is said to all and what is for it, and nothing else', () => {
  for (const filter of laneFilters(store, own)) expect(laneMay(store, own, 'subscribe', filter)).toBe(true)
  for (const filter of [
    '#',
    `sp/1/store/${store}/#`,
    ...laneFilters(store, other).slice(1),
    ...laneFilters(otherStore, own),
    settingsTopic(store, other, 'keys'),
  ])
    expect(laneMay(store, own, 'subscribe', filter)).toBe(false)
})
