import { useEffect, useRef, type ReactNode } from 'react'
import { t } from '../words.ts'
import { Button } from './button.tsx'
import { focusMainRegion } from './main-region.ts'
import './pane.css'

type Props = { readonly title: string; readonly testId: string; readonly tools?: ReactNode; readonly children: ReactNode; onClose(): void }

/** Something to look at in the place of the products, while the basket stays where it is. */
export function Pane({ title, testId, tools, children, onClose }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus()
    return () => focusMainRegion(document)
  }, [])
  return (
    <section className="pane" data-testid={testId} aria-label={title}>
      <header className="pane-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {tools}
        <Button action="cancel" onClick={onClose}>
          {t('paneClose')}
        </Button>
      </header>
      <div className="pane-body">{children}</div>
    </section>
  )
}
