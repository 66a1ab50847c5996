import type { ReactNode } from 'react'
import './section.css'

type Props = {
  readonly id: string
  readonly title: string
  readonly note?: string
  readonly tools?: ReactNode
  readonly tone?: 'attention'
  readonly children: ReactNode
}

export const Section = ({ id, title, note, tools, tone, children }: Props) => (
  <section id={id} className="section" data-tone={tone} aria-labelledby={`${id}-title`}>
    <header className="section-head">
      <h2 id={`${id}-title`}>{title}</h2>
      {note && <p className="muted">{note}</p>}
      {tools && <div className="section-tools">{tools}</div>}
    </header>
    {children}
  </section>
)
