import type { Clock } from '#protocol/time.ts'
import { cameraDriver, type CameraEvent } from '../driver/camera.ts'
import { runDriver, type RunningDevice, type RunOptions } from '../driver/run.ts'
import { httpCameraTransport, type HttpCameraConfig } from '../transport/http-camera.ts'
import type { Transport } from '../transport/transport.ts'
import { openEye } from './eye.ts'

export type CameraOptions = Omit<RunOptions, 'transport' | 'sliced'> & {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: (line: string) => void
  /** Put around the line, by who wants to see what passes. */
  readonly around: (transport: Transport) => Transport
}

/** A camera on the network: its pictures go to an eye, and what the eye sees goes to the driver. */
export function runCamera(config: HttpCameraConfig, { clock, log, around, ...options }: CameraOptions): RunningDevice<CameraEvent> {
  const tell = (event: CameraEvent) => running.handle(event)
  const eye = openEye({
    timers: options.timers,
    onLooked: (codes) => tell({ type: 'looked', codes, at: clock.monotonic() }),
    onSkipped: () => tell({ type: 'skipped' }),
    onRepeated: () => tell({ type: 'repeated' }),
    onFailed(why) {
      log(`the decoder of ${camera.name} failed: ${why}`)
      tell({ type: 'decoder_failed' })
    },
  })
  const camera = around(httpCameraTransport({ ...config, timers: options.timers, onGarbage: (bytes) => tell({ type: 'garbage', bytes }) }))
  const watched: Transport = { name: camera.name, open: (listener) => camera.open({ bytes: (jpeg) => eye.look(jpeg), closed: (why) => listener.closed(why) }) }
  const running = runDriver(cameraDriver(), { ...options, transport: watched, sliced: false })
  return {
    ...running,
    close() {
      running.close()
      eye.close()
    },
  }
}
