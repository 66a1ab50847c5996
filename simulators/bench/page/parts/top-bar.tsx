import type { BenchState } from '../../contract.ts'
import { words } from '../words.ts'
import { OutIcon } from './icons.tsx'
import './top-bar.css'

export const TopBar = ({ bench }: { readonly bench: BenchState | undefined }) => (
  <header className="top-bar">
    <svg className="top-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <circle cx="16" cy="16" r="8" />
      <circle className="top-mark-point" cx="16" cy="16" r="2.5" />
    </svg>
    <h1>
      {words.name} <span>{words.role}</span>
    </h1>
    {bench && <p className="top-shop">{bench.shop.name}</p>}
    {bench && (
      <a className="link" href={bench.links.console} target="_blank" rel="noreferrer">
        {words.console}
        <OutIcon />
        <span className="hidden-text">{words.opensNew}</span>
      </a>
    )}
  </header>
)
