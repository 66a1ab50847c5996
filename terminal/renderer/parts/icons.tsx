import type { ReactNode } from 'react'

/** Drawn for 24 × 24, in the colour of the text beside them, which also says what they mean. */
function Icon({ children, filled = false }: { readonly children: ReactNode; readonly filled?: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" data-filled={filled || undefined} aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

export const BarcodeIcon = () => (
  <Icon>
    <path d="M3 5v14M7 5v14M10 5v14M15 5v14M18 5v14M21 5v14" />
  </Icon>
)

export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </Icon>
)

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
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

export const InfoIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8v.4" />
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

export const MenuIcon = () => (
  <Icon>
    <path d="M4 7h16M4 12h16M4 17h16" />
  </Icon>
)

export const ReceiptIcon = () => (
  <Icon>
    <path d="M6 3.5v17l2-1.4 2 1.4 2-1.4 2 1.4 2-1.4 2 1.4v-17l-2 1.4-2-1.4-2 1.4-2-1.4-2 1.4Z" />
    <path d="M9.5 9h5M9.5 13h5" />
  </Icon>
)

export const WaitIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
)

export const EraseIcon = () => (
  <Icon>
    <path d="M9 5h11v14H9l-6-7Z" />
    <path d="m12 9.5 5 5M17 9.5l-5 5" />
  </Icon>
)

export const ScannerIcon = () => (
  <Icon>
    <path d="M4 5h11l4 4v3H4Z" />
    <path d="m8 12-2 7h4l1.5-7" />
  </Icon>
)

export const PrinterIcon = () => (
  <Icon>
    <path d="M7 9V4h10v5M7 17H4V9h16v8h-3" />
    <path d="M7 14h10v6H7Z" />
  </Icon>
)

export const ScaleIcon = () => (
  <Icon>
    <path d="M5 8h14l-1.5 12h-11ZM4 4.5h16M12 4.5V8" />
    <path d="M9 14.5a3 3 0 0 1 6 0M12 14.5l1.5-2" />
  </Icon>
)

export const CardIcon = () => (
  <Icon>
    <rect x="3" y="5.5" width="18" height="13" rx="2" />
    <path d="M3 10h18M6.5 14.5h4" />
  </Icon>
)

export const DisplayIcon = () => (
  <Icon>
    <path d="M3 5h18v8H3ZM12 13v6M8 19h8" />
    <path d="M6 9h6M15 9h3" />
  </Icon>
)

export const CameraIcon = () => (
  <Icon>
    <path d="M3 8h4l2-3h6l2 3h4v11H3Z" />
    <circle cx="12" cy="13" r="3.5" />
  </Icon>
)

export const PhoneIcon = () => (
  <svg className="phone" viewBox="0 0 64 96" aria-hidden="true" focusable="false">
    <rect className="phone-body" x="4" y="3" width="56" height="90" rx="9" />
    <path
      className="phone-code"
      d="M16 24h13v13H16Zm4 4v5h5v-5ZM35 24h13v13H35Zm4 4v5h5v-5ZM16 43h13v13H16Zm4 4v5h5v-5ZM35 43h5v5h-5Zm8 0h5v5h-5Zm-4 4h5v5h-5Zm-4 4h5v5h-5Zm8 0h5v5h-5Z"
    />
    <path className="phone-line" d="M18 68h28M24 76h16" />
  </svg>
)

/** A circle for yes. */
export const ApprovedMark = () => (
  <svg className="mark" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
    <circle className="mark-plate" cx="48" cy="48" r="46" />
    <path className="mark-sign" d="m27 50 14 14 29-31" />
  </svg>
)

/** An octagon for no, as on a stop sign: told apart from the circle without its colour. */
export const RefusedMark = () => (
  <svg className="mark" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
    <path className="mark-plate" d="M29.4 3h37.2L93 29.4v37.2L66.6 93H29.4L3 66.6V29.4Z" />
    <path className="mark-sign" d="m33 33 30 30M63 33 33 63" />
  </svg>
)

/** A question in a square: neither the circle of yes nor the octagon of no. */
export const UnknownMark = () => (
  <svg className="mark" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
    <rect className="mark-plate" x="6" y="6" width="84" height="84" rx="20" />
    <path className="mark-sign" d="M36 37c0-8 5.5-13 12-13s12 5 12 11c0 9-12 10-12 20M48 71v1" />
  </svg>
)

/** A triangle for "somebody must act". */
export const AttentionMark = () => (
  <svg className="mark" viewBox="0 0 96 96" aria-hidden="true" focusable="false">
    <path className="mark-plate" d="M48 8 92 86H4Z" />
    <path className="mark-sign" d="M48 36v24M48 72v1" />
  </svg>
)
