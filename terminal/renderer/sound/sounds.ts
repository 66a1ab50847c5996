import type { Cue } from '../session/cue.ts'

/** Hz, and seconds from the start of the cue. */
type Tone = { readonly pitch: number; readonly from: number; readonly to: number; readonly shape: 'sine' | 'triangle' | 'square' }

/** Rising and clear for yes, low and twice for no, one short knock for "look here": told apart without looking, and by ears that hear no pitch. */
export const tones: Readonly<Record<Cue, readonly Tone[]>> = {
  approved: [
    { pitch: 659, from: 0, to: 0.13, shape: 'sine' },
    { pitch: 988, from: 0.11, to: 0.42, shape: 'sine' },
  ],
  refused: [
    { pitch: 196, from: 0, to: 0.18, shape: 'square' },
    { pitch: 147, from: 0.26, to: 0.56, shape: 'square' },
  ],
  attention: [{ pitch: 440, from: 0, to: 0.09, shape: 'triangle' }],
}

const LOUDNESS = { sine: 0.3, triangle: 0.25, square: 0.09 } as const
/** Seconds of fade at both ends: without it a tone clicks. */
const FADE = 0.015

function play(context: AudioContext, cue: Cue): void {
  for (const { pitch, from, to, shape } of tones[cue]) {
    const start = context.currentTime + from
    const end = context.currentTime + to
    const source = new OscillatorNode(context, { type: shape, frequency: pitch })
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setValueAtTime(0, start)
    gain.gain.linearRampToValueAtTime(LOUDNESS[shape], start + FADE)
    gain.gain.setValueAtTime(LOUDNESS[shape], end - FADE)
    gain.gain.linearRampToValueAtTime(0, end)
    source.connect(gain).connect(context.destination)
    source.start(start)
    source.stop(end)
  }
}

/** Browsers let a page sound only after somebody touched it: the context is made and woken by the first press. */
export function createSounds(page: Window): (cue: Cue) => void {
  let context: AudioContext | undefined
  const wake = () => {
    context ??= new AudioContext()
    if (context.state === 'suspended') void context.resume()
  }
  page.addEventListener('pointerdown', wake, true)
  page.addEventListener('keydown', wake, true)
  return (cue) => {
    if (context?.state === 'running') play(context, cue)
  }
}
