import type { Feed } from '../feed.ts'
import { formatTime, formatWhole } from '../times.ts'
import { words } from '../words.ts'
import './top-bar.css'

export function TopBar({ feed: { link, overview } }: { readonly feed: Feed }) {
  const said = link === 'lost' && overview ? words.feed.lost(formatTime(overview.at, overview.at)) : words.feed[link === 'live' ? 'live' : 'connecting']
  return (
    <header className="top-bar">
      <svg className="top-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" />
        <circle cx="16" cy="16" r="8" />
        <circle className="top-mark-point" cx="16" cy="16" r="2.5" />
      </svg>
      <h1>
        {words.name} <span className="muted">{words.role}</span>
      </h1>
      {overview && (
        <p className="top-facts muted">
          {words.hub(overview.hub.version, overview.hub.epoch)} · {words.runningSince(formatWhole(overview.hub.startedAt))}
        </p>
      )}
      <p className="top-link" data-link={link} role="status">
        {said}
      </p>
    </header>
  )
}
