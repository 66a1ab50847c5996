import { expect, test } from 'vitest'
import { socketAddress, takeToken } from './token.ts'

function page(hash: string, kept?: string) {
  const store = new Map<string, string>(kept === undefined ? [] : [['stillpoint.token', kept]])
  const shown: string[] = []
  return {
    shown,
    store,
    places: {
      location: { hash, pathname: '/till/', search: '?x=1', protocol: 'http:', host: '127.0.0.1:4010' },
      storage: { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => void store.set(key, value) },
      history: { replaceState: (_: null, __: string, url: string) => void shown.push(url) },
    },
  }
}

test('the token moves from the address to the tab', () => {
  const { places, shown, store } = page('#token=abc-_123')
  expect(takeToken(places)).toBe('abc-_123')
  expect(shown).toEqual(['/till/?x=1'])
  expect([...store.values()]).toEqual(['abc-_123'])
})

test('a page loaded again finds its token, and a new address replaces it', () => {
  expect(takeToken(page('', 'old').places)).toBe('old')
  expect(takeToken(page('#token=new', 'old').places)).toBe('new')
})

test('a page of another kind in the same tab keeps its own', () => {
  const { places, store } = page('#token=new', 'old')
  expect(takeToken(places, 'another')).toBe('new')
  expect([...store]).toEqual([
    ['stillpoint.token', 'old'],
    ['another', 'new'],
  ])
})

test('no token is no token', () => {
  expect(takeToken(page('').places)).toBeUndefined()
  expect(takeToken(page('#token=').places)).toBeUndefined()
})

test('the socket is on the page’s own host', () => {
  expect(socketAddress({ protocol: 'http:', host: '127.0.0.1:4010' }, '/screen', 'a b')).toBe('ws://127.0.0.1:4010/screen?token=a%20b')
  expect(socketAddress({ protocol: 'https:', host: 'till.example' }, '/customer-display', 'x')).toBe('wss://till.example/customer-display?token=x')
})
