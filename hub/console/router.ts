import { useSyncExternalStore } from 'react'

/** Where somebody is in the console: `#/settlement`, or `#/postings?place=bank&currency=EUR`. Kept in the address, so that Back, a reload and a link do what people expect. */
export type Route = { readonly page: string; readonly asks: URLSearchParams }

/** What cannot be read is the first page. */
export function readRoute(hash: string): Route {
  const [, page = '', asks = ''] = /^#\/([a-z-]*)(?:\?(.*))?$/.exec(hash) ?? []
  return { page, asks: new URLSearchParams(asks) }
}

export function linkTo(page: string, asks: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(asks).toString()
  return `#/${page}${query === '' ? '' : `?${query}`}`
}

function follow(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export const useRoute = (): Route => readRoute(useSyncExternalStore(follow, () => location.hash))
