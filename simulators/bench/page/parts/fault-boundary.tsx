import { Component, type ReactNode } from 'react'
import { words } from '../words.ts'
import { Button } from './button.tsx'

type Props = { readonly children: ReactNode }

/** A fault in drawing leaves a sentence instead of an empty page. */
export class FaultBoundary extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <main className="quiet-page" role="alert">
        <h1>{words.fault.title}</h1>
        <p>{words.fault.hint}</p>
        <Button onClick={() => location.reload()}>{words.fault.reload}</Button>
      </main>
    )
  }
}
