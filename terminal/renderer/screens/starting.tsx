import { words } from '../words.ts'
import './full-page.css'

/** Before the first view: the till starts, refuses this page's token, or was asked without one, which lasts for good. */
export function Starting({ why }: { readonly why: 'starting' | 'shutOut' | 'noToken' }) {
  const { title, hint } = words[why]
  return (
    <main className="full-page" role="status">
      <h1>{title}</h1>
      <p className="full-page-next">{hint}</p>
      {why === 'starting' && <p className="shown-later">{words.restarting.longer}</p>}
    </main>
  )
}
