import { words } from '../words.ts'
import './full-page.css'

/** Before the first view, or for good when the page was opened without its token. */
export function Starting({ hasToken }: { readonly hasToken: boolean }) {
  const { title, hint } = hasToken ? words.starting : words.noToken
  return (
    <main className="full-page" role="status">
      <h1>{title}</h1>
      <p className="full-page-next">{hint}</p>
      {hasToken && <p className="shown-later">{words.restarting.longer}</p>}
    </main>
  )
}
