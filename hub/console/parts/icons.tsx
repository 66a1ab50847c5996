import type { ReactNode } from 'react'

/** Drawn for 24 × 24, in the colour of the text beside them, which also says what they mean. */
const Icon = ({ children }: { readonly children: ReactNode }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
)

export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
)

export const AlertIcon = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4Z" />
    <path d="M12 10v4.5M12 17v.4" />
  </Icon>
)

export const CrossIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
)

export const WaitIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
)

export const BackIcon = () => (
  <Icon>
    <path d="M8 4 3.5 8.5 8 13M4 8.5h10a6 6 0 0 1 0 12h-3" />
  </Icon>
)

export const OnlineIcon = () => (
  <Icon>
    <path d="M7 18a4.5 4.5 0 0 1-.4-9 5.5 5.5 0 0 1 10.6 1.2A4 4 0 0 1 17 18Z" />
  </Icon>
)

export const OfflineIcon = () => (
  <Icon>
    <path d="M9 5.6A5.5 5.5 0 0 1 17.2 10 4 4 0 0 1 19.6 17M16 18H7a4.5 4.5 0 0 1-.4-9" />
    <path d="m4 4 16 16" />
  </Icon>
)

export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
)

export const UpIcon = () => (
  <Icon>
    <path d="m6 14.5 6-6 6 6" />
  </Icon>
)

export const DownIcon = () => (
  <Icon>
    <path d="m6 9.5 6 6 6-6" />
  </Icon>
)

export const CopyIcon = () => (
  <Icon>
    <rect x="8" y="8" width="12" height="12" rx="2.5" />
    <path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2" />
  </Icon>
)
