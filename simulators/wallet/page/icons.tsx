/** 24 x 24, drawn with the text's colour, always beside a word. */
const Icon = ({ children }: { children: React.ReactNode }) => (
  <svg className="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.9" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
    {children}
  </svg>
)

export const Mark = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <circle cx="12" cy="12" r="2.6" fill="currentColor" stroke="none" />
  </Icon>
)

export const CodeIcon = () => (
  <Icon>
    <rect x="4" y="4" width="6" height="6" rx="1" />
    <rect x="14" y="4" width="6" height="6" rx="1" />
    <rect x="4" y="14" width="6" height="6" rx="1" />
    <path d="M14 14h2.5v2.5H14zM20 14v2M17.5 20H20v-2M14 20h.5" />
  </Icon>
)

export const ScanIcon = () => (
  <Icon>
    <path d="M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2M7 12h10" />
  </Icon>
)

export const ListIcon = () => (
  <Icon>
    <path d="M6 3.5h12v17l-3-2-3 2-3-2-3 2zM9.5 8.5h5M9.5 12.5h5" />
  </Icon>
)

export const PhoneIcon = () => (
  <Icon>
    <rect x="7" y="3" width="10" height="18" rx="2.2" />
    <path d="M11 17.6h2" />
  </Icon>
)

export const ConnectedIcon = () => (
  <Icon>
    <path d="M3 9.5a13 13 0 0 1 18 0M6.3 13a8.3 8.3 0 0 1 11.4 0M9.5 16.4a3.7 3.7 0 0 1 5 0" />
    <circle cx="12" cy="19.3" r=".6" fill="currentColor" />
  </Icon>
)

export const DisconnectedIcon = () => (
  <Icon>
    <path d="M3 9.5a13 13 0 0 1 7-3.4M14.5 6.2A13 13 0 0 1 21 9.5M6.3 13a8.3 8.3 0 0 1 4.5-2.2M9.5 16.4a3.7 3.7 0 0 1 5 0M4 4l16 16" />
    <circle cx="12" cy="19.3" r=".6" fill="currentColor" />
  </Icon>
)

export const RenewIcon = () => (
  <Icon>
    <path d="M20 11a8 8 0 0 0-14.3-4L4 8.7M4 4v4.7h4.7M4 13a8 8 0 0 0 14.3 4l1.7-1.7M20 20v-4.7h-4.7" />
  </Icon>
)

export const CheckIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="m8 12.3 2.7 2.7L16 9.5" />
  </Icon>
)

export const CrossIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="m9 9 6 6M15 9l-6 6" />
  </Icon>
)

export const ClockIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 7v5.3l3.3 2" />
  </Icon>
)

export const ShieldIcon = () => (
  <Icon>
    <path d="M12 3.5 19 6v5.5c0 4.3-2.9 7.5-7 9-4.1-1.5-7-4.7-7-9V6z" />
    <path d="m9 11.8 2.2 2.2L15 10" />
  </Icon>
)
