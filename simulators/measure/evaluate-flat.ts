import type { FaceAction } from '#protocol/faces/challenge.ts'
import { poseOf } from '#protocol/faces/geometry.ts'
import { SECOND } from '#protocol/time.ts'
import { begin, isPassed, NEUTRAL_FRAMES, see, type Frame, type Progress, type Rules } from '../../hub/faces/challenge/judge.ts'
import type { FaceEngine } from '../../hub/faces/engine.ts'
import type { SeenFace } from '../../hub/faces/looking.ts'
import { flatKinds, shownFlat, type Shown, type Subject } from './flat-pictures.ts'
import { rounded } from './percentile.ts'

/** One photograph, and the face that was found in it. */
export type Photographed = { readonly person: number; readonly face: SeenFace; load(): Promise<Subject['picture'] | undefined> }

/** Of each kind: so many photographs, turned to either side; some are not seen straight ahead, and cannot begin. */
const SHOWN = 80
const YAWS = [30, 48] as const
const STRAIGHT = 0.09
const TURNED = 0.12
const TURNS = ['turn_left', 'turn_right'] as const satisfies readonly FaceAction[]
/** The face itself is nobody else's: only what stands out of it is judged here. */
const RULES: Rules = { sameWithin: 1, sameTurnedWithin: 1 }

/**
 * The turn of the head, which every challenge has, against photographs that are turned instead, seen through the engine. And real heads: two photographs of one
 * person, of which one looks aside.
 */
export async function evaluateFlat(engine: FaceEngine, photographs: readonly Photographed[]): Promise<Record<string, number>> {
  const straight = photographs.filter(({ face }) => Math.abs(poseOf(face.landmarks).turn) < STRAIGHT)
  const subjects = new Map<Photographed, Subject>()
  for (const one of straight) {
    const picture = await one.load()
    const { box } = one.face
    if (picture) subjects.set(one, { picture, x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width })
  }
  const all = [...subjects.values()]
  const attempts: Record<string, number> = {}
  const passes: Record<string, number> = {}
  for (const kind of flatKinds) {
    let [tried, passed] = [0, 0]
    for (let n = 0; n < SHOWN && all.length > 0; n++) {
      const subject = all[n % all.length]
      if (subject === undefined) continue
      const look = (yaw: number) => faceIn(engine, subject, { kind, yaw, variant: Math.floor(n / all.length) + (n % 4) })
      const neutral = await look(0)
      if (neutral === undefined) continue
      for (const turn of TURNS) {
        let progress = settled(neutral, turn)
        if (progress.neutral === undefined) continue
        tried += 1
        for (const [step, yaw] of YAWS.entries()) {
          // The nose of a sheet that is turned to its own left is where that of a head is: on the right of the picture.
          const face = await look(turn === 'turn_left' ? yaw : -yaw)
          if (face) progress = see(progress, frameOf(face, step + NEUTRAL_FRAMES + 1), RULES)
        }
        if (isPassed(progress)) passed += 1
      }
    }
    attempts[`flat_${kind}_attempts`] = tried
    passes[`flat_${kind}_passes`] = passed
  }
  return { flat_photo_passes: Object.values(passes).reduce((sum, count) => sum + count, 0), ...attempts, ...passes, ...turnedHeads(photographs) }
}

/**
 * Every pair of photographs of one person of which the one looks ahead and the other one aside: how many are a turn already, and how many are called flat. Whoever is
 * neither is asked to turn on.
 */
function turnedHeads(photographs: readonly Photographed[]): Record<string, number> {
  const outcomes = photographs.flatMap((ahead) => {
    const before = poseOf(ahead.face.landmarks).turn
    if (Math.abs(before) >= STRAIGHT) return []
    return photographs.flatMap((aside) => {
      const turned = poseOf(aside.face.landmarks).turn - before
      if (aside.person !== ahead.person || Math.abs(turned) < TURNED) return []
      const end = see(settled(ahead.face, turned > 0 ? 'turn_left' : 'turn_right'), frameOf(aside.face, NEUTRAL_FRAMES + 1), RULES)
      return [end]
    })
  })
  const share = (isOne: (end: Progress) => boolean): number => rounded((100 * outcomes.filter(isOne).length) / outcomes.length, 2)
  if (outcomes.length === 0) return { turned_pairs: 0 }
  return { turned_pairs: outcomes.length, turned_passed_pct: share(isPassed), turned_refused_pct: share(({ failed }) => failed !== undefined) }
}

async function faceIn(engine: FaceEngine, subject: Subject, shown: Shown): Promise<SeenFace | undefined> {
  const [face] = await engine.look(shownFlat(subject, shown))
  return face
}

/** After as many neutral pictures as there must be. */
function settled(face: SeenFace, action: FaceAction): Progress {
  let progress = begin([action], 0)
  for (let n = 1; n <= NEUTRAL_FRAMES; n++) progress = see(progress, frameOf(face, n), RULES)
  return progress
}

/** The box is left where it was: whether a face jumps is judged elsewhere. */
const frameOf = ({ landmarks }: SeenFace, second: number): Frame => ({
  at: second * SECOND,
  near: 1,
  box: { x: 0, y: 0, width: 100, height: 100 },
  landmarks,
  distance: 0,
})
