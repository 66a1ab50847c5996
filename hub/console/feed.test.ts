import { describe, expect, it } from 'vitest'
import type { Overview } from '#protocol/hub-api/overview.ts'
import { followHub, type Feed, type OverviewSource } from './feed.ts'

const overviewAt = (at: number): Overview => ({
  at,
  hub: { epoch: 1, version: '0.1.0', startedAt: 1 },
  money: { balanced: true, totals: [], accounts: [], held: [] },
  counts: { settled: 0, held: 0, exceptions: 0, unsettledEntries: 0, atRisk: 0 },
  tills: [],
  payments: [],
  exceptions: [],
  atRisk: [],
})

function fakeHub() {
  const listeners: Parameters<OverviewSource['events']>[0][] = []
  const answers: { give(overview: Overview): void; fail(): void }[] = []
  const waiting: (() => void)[] = []
  const feeds: Feed[] = []
  let stopped = 0
  followHub(
    {
      overview: () => new Promise((resolve, reject) => answers.push({ give: resolve, fail: () => reject(new Error('no answer')) })),
      events(on) {
        listeners.push(on)
        return () => stopped++
      },
    },
    {
      after(_delay, run) {
        waiting.push(run)
        return () => undefined
      },
    },
    (feed) => feeds.push(feed),
  )
  return { listeners, answers, waiting, feeds, stopped: () => stopped }
}

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve))

describe('followHub', () => {
  it('asks for everything once connected, then follows the changes', async () => {
    const hub = fakeHub()
    expect(hub.feeds).toEqual([])
    hub.listeners[0]?.opened()
    hub.answers[0]?.give(overviewAt(5))
    await turn()
    hub.listeners[0]?.overview(overviewAt(6))
    expect(hub.feeds.map(({ link, overview }) => [link, overview?.at])).toEqual([
      ['live', 5],
      ['live', 6],
    ])
  })

  it('does not go back to an answer that an event overtook', async () => {
    const hub = fakeHub()
    hub.listeners[0]?.opened()
    hub.listeners[0]?.overview(overviewAt(6))
    hub.answers[0]?.give(overviewAt(5))
    await turn()
    expect(hub.feeds.at(-1)?.overview?.at).toBe(6)
  })

  it('keeps the last figures while the hub is away, and comes back', async () => {
    const hub = fakeHub()
    hub.listeners[0]?.overview(overviewAt(6))
    hub.listeners[0]?.closed()
    expect(hub.feeds.at(-1)).toMatchObject({ link: 'lost', overview: { at: 6 } })
    hub.waiting[0]?.()
    hub.listeners[1]?.opened()
    hub.answers[0]?.give(overviewAt(9))
    await turn()
    expect(hub.feeds.at(-1)).toMatchObject({ link: 'live', overview: { at: 9 } })
  })

  it('tries again when it is connected but nothing is answered, once', async () => {
    const hub = fakeHub()
    hub.listeners[0]?.opened()
    hub.answers[0]?.fail()
    await turn()
    await turn()
    hub.listeners[0]?.closed()
    expect(hub.feeds.map(({ link }) => link)).toEqual(['connecting'])
    expect([hub.waiting.length, hub.stopped()]).toEqual([1, 1])
    hub.listeners[0]?.overview(overviewAt(1))
    expect(hub.feeds.length).toBe(1)
  })
})
