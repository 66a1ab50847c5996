import {
  Barcode,
  Camera,
  Check,
  ChevronDown,
  Clock,
  Cloud,
  CloudOff,
  CreditCard,
  Delete,
  Info,
  Keyboard,
  Languages,
  Menu,
  Monitor,
  Printer,
  ReceiptText,
  ScanBarcode,
  Search,
  SunMoon,
  TriangleAlert,
  Volume2,
  VolumeX,
  Weight,
  X,
  type LucideIcon,
} from 'lucide-react'
import { memo } from 'react'

/** In the size and colour of the text beside it, which also says what it means. Always the same, so it is drawn once. */
const besideText = (Drawing: LucideIcon) => memo(() => <Drawing className="icon" aria-hidden="true" focusable="false" />)

export const BarcodeIcon = besideText(Barcode)
export const SearchIcon = besideText(Search)
export const CloseIcon = besideText(X)
export const CheckIcon = besideText(Check)
export const AlertIcon = besideText(TriangleAlert)
export const InfoIcon = besideText(Info)
export const OnlineIcon = besideText(Cloud)
export const OfflineIcon = besideText(CloudOff)
export const MenuIcon = besideText(Menu)
export const ReceiptIcon = besideText(ReceiptText)
export const WaitIcon = besideText(Clock)
export const EraseIcon = besideText(Delete)
export const ScannerIcon = besideText(ScanBarcode)
export const PrinterIcon = besideText(Printer)
export const ScaleIcon = besideText(Weight)
export const CardIcon = besideText(CreditCard)
export const DisplayIcon = besideText(Monitor)
export const CameraIcon = besideText(Camera)
export const LanguageIcon = besideText(Languages)
export const LookIcon = besideText(SunMoon)
export const SoundIcon = besideText(Volume2)
export const SoundOffIcon = besideText(VolumeX)
export const KeysIcon = besideText(Keyboard)
export const OpensIcon = besideText(ChevronDown)

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
