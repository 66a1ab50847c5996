import type { ReactNode } from 'react'
import { Drawer } from './drawer.tsx'
import './dialog.css'

/** The frame of every question and form in the middle of the page: its title, and below it what is in it (`dialog-form`) and what can be done (`dialog-foot`). */
export const Dialog = ({ title, onClose, children }: { readonly title: string; onClose(): void; readonly children: ReactNode }) => (
  <Drawer title={title} place="middle" onClose={onClose}>
    <header className="drawer-head">
      <h2>{title}</h2>
    </header>
    {children}
  </Drawer>
)
