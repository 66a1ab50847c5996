const SCREEN_KEY = 'stillpoint.token'

export type TokenPlaces = {
  readonly location: { readonly hash: string; readonly pathname: string; readonly search: string; readonly protocol: string; readonly host: string }
  readonly storage: { getItem(key: string): string | null; setItem(key: string, value: string): void }
  readonly history: { replaceState(data: null, unused: string, url: string): void }
}

/**
 * The launch token comes once in the fragment (`#token=…`, which no server sees and no log keeps), moves to this tab's
 * session storage and leaves the address bar, so that it is neither photographed nor bookmarked.
 */
export function takeToken({ location, storage, history }: TokenPlaces, key = SCREEN_KEY): string | undefined {
  const fromAddress = new URLSearchParams(location.hash.slice(1)).get('token')
  if (fromAddress === null || fromAddress === '') return storage.getItem(key) ?? undefined
  storage.setItem(key, fromAddress)
  history.replaceState(null, '', location.pathname + location.search)
  return fromAddress
}

/** Each with a door, and a token, of its own. */
type Path = '/screen' | '/customer-display'

export function socketAddress({ protocol, host }: { readonly protocol: string; readonly host: string }, path: Path, token: string): string {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}?token=${encodeURIComponent(token)}`
}
