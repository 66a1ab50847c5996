import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { t } from '../words.ts'
import type { CameraTrouble } from './camera-trouble.ts'
import { watchFrames } from './frame-loop.ts'
import { useCamera, type CameraState } from './use-camera.ts'
import './camera-scan.css'

type Props = {
  /** Once for each code that counts, as it counts: the place for a sound. `aim` is the AIM symbology identifier, empty where it is not known. */
  readonly onCode: (text: string, aim: string) => void
  readonly onClose: () => void
  /** A GTIN of the catalogue counts at once; other codes of bars when two pictures agree. */
  readonly isKnown?: (text: string) => boolean
}

const SHOWN_CHARACTERS = 48
const unknown = () => false

/** A camera of this machine as a scanner: stays open for one code after the other, until it is closed. */
export function CameraScan({ onCode, onClose, isKnown = unknown }: Props) {
  const camera = useCamera()
  const [last, setLast] = useState<{ readonly text: string; readonly n: number }>()
  const latest = useRef({ onCode, isKnown })
  useLayoutEffect(() => {
    latest.current = { onCode, isKnown }
  })
  const took = (text: string, aim: string) => {
    setLast((before) => ({ text, n: (before?.n ?? 0) + 1 }))
    latest.current.onCode(text, aim)
  }
  return (
    <Dialog title={t('camera.title')} testId="camera-scan" onCancel={onClose} foot={<Foot camera={camera} onClose={onClose} />}>
      <div className="camera-view" data-live={camera.stream !== undefined || undefined}>
        {camera.stream && <Preview stream={camera.stream} isKnown={(text) => latest.current.isKnown(text)} onCode={took} />}
        {camera.stream && <Guide key={last?.n} flashed={last !== undefined} />}
        {!camera.stream && <Notice trouble={camera.trouble} />}
      </div>
      <p className="camera-last" role="status" data-testid="camera-last">
        {last ? t('camera.read', { text: last.text.slice(0, SHOWN_CHARACTERS) }) : camera.stream && t('camera.hint')}
      </p>
      {camera.cameras.length > 1 && <Choice camera={camera} />}
    </Dialog>
  )
}

type PreviewProps = { readonly stream: MediaStream; readonly isKnown: (text: string) => boolean; readonly onCode: (text: string, aim: string) => void }

function Preview({ stream, isKnown, onCode }: PreviewProps) {
  const video = useRef<HTMLVideoElement>(null)
  const latest = useRef({ isKnown, onCode })
  useLayoutEffect(() => {
    latest.current = { isKnown, onCode }
  })
  useEffect(() => {
    const drawn = video.current
    if (drawn === null) return
    drawn.srcObject = stream
    // Rejects when the dialog closes before the first picture.
    drawn.play().catch(() => {})
    const watching = watchFrames(
      drawn,
      (text) => latest.current.isKnown(text),
      ({ text, aim }) => latest.current.onCode(text, aim),
    )
    return () => watching.stop()
  }, [stream])
  return <video ref={video} className="camera-preview" muted playsInline aria-hidden="true" />
}

/** Drawn anew for each code, which starts its flash again. */
const Guide = ({ flashed }: { readonly flashed: boolean }) => (
  <svg className="camera-guide" viewBox="0 0 160 90" preserveAspectRatio="xMidYMid slice" data-flashed={flashed || undefined} aria-hidden="true">
    <path d="M34 30v-8a4 4 0 0 1 4-4h10M112 18h10a4 4 0 0 1 4 4v8M126 60v8a4 4 0 0 1-4 4h-10M48 72H38a4 4 0 0 1-4-4v-8" />
  </svg>
)

const Notice = ({ trouble }: { readonly trouble: CameraTrouble | undefined }) => (
  <div className="camera-notice" role={trouble && 'alert'} data-testid={trouble ? 'camera-trouble' : 'camera-waiting'}>
    <p className="camera-notice-say">{t(`camera.${trouble ?? 'asking'}.say`)}</p>
    <p>{t(`camera.${trouble ?? 'asking'}.next`)}</p>
  </div>
)

const Choice = ({ camera: { cameras, chosen, choose } }: { readonly camera: CameraState }) => (
  <label className="camera-choice">
    <span>{t('camera.choose')}</span>
    <select value={chosen} onChange={(event) => choose(event.target.value)}>
      {cameras.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

const Foot = ({ camera, onClose }: { readonly camera: CameraState; readonly onClose: () => void }) => (
  <>
    {camera.torch !== undefined && (
      <Button aria-pressed={camera.torch} onClick={() => camera.switchTorch(!camera.torch)}>
        {camera.torch ? t('camera.torchOff') : t('camera.torchOn')}
      </Button>
    )}
    {camera.trouble && (
      <Button look="primary" onClick={camera.tryAgain}>
        {t('camera.tryAgain')}
      </Button>
    )}
    <Button action="cancel" onClick={onClose}>
      {t('camera.close')}
    </Button>
  </>
)
