import type { ReactNode } from 'react'

/** Drawn for 24 × 24, in the colour of the text beside them, which also says what they mean. */
const Icon = ({ children }: { readonly children: ReactNode }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
)

export const OutIcon = () => (
  <Icon>
    <path d="M9 5H5v14h14v-4M13 5h6v6M19 5l-8.5 8.5" />
  </Icon>
)

export const PowerIcon = () => (
  <Icon>
    <path d="M12 4v8M7 7.2a7 7 0 1 0 10 0" />
  </Icon>
)

export const ScanIcon = () => (
  <Icon>
    <path d="M4 8V5h4M16 5h4v3M20 16v3h-4M8 19H4v-3M4 12h16" />
  </Icon>
)

export const MoreIcon = () => (
  <Icon>
    <path d="M5 12h.01M12 12h.01M19 12h.01" />
  </Icon>
)

export const CrossIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
)
