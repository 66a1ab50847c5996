import { useCallback, useEffect, useState } from 'react'
import { insecure, troubleOf, unplugged, type CameraTrouble } from './camera-trouble.ts'

export type Camera = { readonly id: string; readonly name: string }
export type CameraState = {
  /** Undefined while the browser asks for permission or the camera wakes. */
  readonly stream: MediaStream | undefined
  readonly trouble: CameraTrouble | undefined
  /** Named only once one was allowed. */
  readonly cameras: readonly Camera[]
  readonly chosen: string | undefined
  /** Undefined: it has no light. */
  readonly torch: boolean | undefined
  choose(id: string): void
  switchTorch(on: boolean): void
  tryAgain(): void
}

/** The standard of the torch is younger than the types of the DOM (W3C MediaStream Image Capture §6). */
type WithTorch = MediaTrackCapabilities & { readonly torch?: boolean }
type TorchSet = MediaTrackConstraintSet & { readonly torch: boolean }

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } as const

/** One camera of this machine, for as long as the component is drawn: the light of the camera goes out with it. */
export function useCamera(): CameraState {
  const [asked, setAsked] = useState<{ readonly id?: string; readonly attempt: number }>({ attempt: 0 })
  const [stream, setStream] = useState<MediaStream>()
  const [trouble, setTrouble] = useState<CameraTrouble>()
  const [cameras, setCameras] = useState<readonly Camera[]>([])
  const [torch, setTorch] = useState<boolean>()

  useEffect(() => {
    let gone = false
    let opened: MediaStream | undefined
    const open = async () => {
      // Absent where the page is not trusted with devices: another address than the till's own, without TLS.
      if (!('mediaDevices' in navigator)) return setTrouble(insecure)
      const which = asked.id === undefined ? { facingMode: 'environment' } : { deviceId: { exact: asked.id } }
      opened = await navigator.mediaDevices.getUserMedia({ video: { ...PICTURE, ...which }, audio: false })
      if (gone) return stop(opened)
      const [track] = opened.getVideoTracks()
      track?.addEventListener('ended', () => !gone && setTrouble(unplugged))
      const can: WithTorch | undefined = track?.getCapabilities()
      setTorch(can?.torch === true ? false : undefined)
      setStream(opened)
      const devices = await navigator.mediaDevices.enumerateDevices()
      if (!gone) setCameras(camerasAmong(devices))
    }
    open().catch((error: unknown) => !gone && setTrouble(troubleOf(error)))
    return () => {
      gone = true
      setStream(undefined)
      if (opened) stop(opened)
    }
  }, [asked])

  const ask = useCallback((id?: string) => {
    setTrouble(undefined)
    setAsked((before) => ({ ...before, ...(id !== undefined && { id }), attempt: before.attempt + 1 }))
  }, [])
  const switchTorch = (on: boolean) => {
    const wanted: TorchSet = { torch: on }
    stream
      ?.getVideoTracks()[0]
      ?.applyConstraints({ advanced: [wanted] })
      .then(
        () => setTorch(on),
        () => setTorch(undefined),
      )
  }
  const chosen = stream?.getVideoTracks()[0]?.getSettings().deviceId
  return { stream: trouble ? undefined : stream, trouble, cameras, chosen, torch, choose: ask, switchTorch, tryAgain: () => ask() }
}

const stop = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop()
}

const camerasAmong = (devices: readonly MediaDeviceInfo[]): readonly Camera[] =>
  devices.filter(({ kind }) => kind === 'videoinput').map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `Camera ${index + 1}` }))
