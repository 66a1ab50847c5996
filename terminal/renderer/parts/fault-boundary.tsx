import { Component, type ReactNode } from 'react'
import { t } from '../words.ts'
import { Button } from './button.tsx'
import '../screens/full-page.css'

/** A fault while drawing must not leave a blank till: the state is the core's, so loading the page again is always safe. */
export class FaultBoundary extends Component<{ readonly children: ReactNode }, { readonly broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    if (!this.state.broken) return this.props.children
    return (
      <main className="full-page">
        <div className="full-page-said" role="alert">
          <h1>{t('fault.title')}</h1>
          <p className="full-page-next">{t('fault.hint')}</p>
        </div>
        <Button look="primary" size="huge" onClick={() => location.reload()}>
          {t('fault.reload')}
        </Button>
      </main>
    )
  }
}
