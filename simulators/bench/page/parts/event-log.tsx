import type { LogLine } from '../../contract.ts'
import { formatTime, machineTime } from '../format.ts'
import { words } from '../words.ts'
import './event-log.css'

export const EventLog = ({ lines }: { readonly lines: readonly LogLine[] }) => (
  <section className="log device" aria-labelledby="log-title">
    <header className="device-head">
      <h2 id="log-title">{words.log.title}</h2>
    </header>
    {lines.length === 0 && <p className="log-none">{words.log.empty}</p>}
    <div className="log-lines" role="log" tabIndex={0} aria-labelledby="log-title">
      <ol>
        {lines.map(({ n, at, source, text }) => (
          <li key={n} data-source={source}>
            <time dateTime={machineTime(at)}>{formatTime(at)}</time>
            <span>
              <span className="log-source">{words.log.sources[source]}</span> {text}
            </span>
          </li>
        ))}
      </ol>
    </div>
  </section>
)
