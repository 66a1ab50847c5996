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

export const PlugIcon = () => (
  <Icon>
    <path d="M9 3v5M15 3v5M6.5 8h11v3a5.5 5.5 0 0 1-11 0ZM12 16.5V21" />
  </Icon>
)

export const ScanIcon = () => (
  <Icon>
    <path d="M4 8V5h4M16 5h4v3M20 16v3h-4M8 19H4v-3M4 12h16" />
  </Icon>
)

export const NoiseIcon = () => (
  <Icon>
    <path d="M3 12h3l2-6 3 13 3-10 2 5 1.5-2H21" />
  </Icon>
)

export const HalfIcon = () => (
  <Icon>
    <path d="M4 6v12M8 6v12M11 6v12M15 6v3M15 12v1M19 6v1" />
  </Icon>
)

export const CrossIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
)
