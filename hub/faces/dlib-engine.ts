import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
// Both are CommonJS: what they export is their default.
// oxlint-disable-next-line import/default
import tf from '@tensorflow/tfjs'
// oxlint-disable-next-line import/default
import wasm from '@tensorflow/tfjs-backend-wasm'
import faceapi from '@vladmandic/face-api/dist/face-api.node-wasm.js'
import { fivePoints, LANDMARKS, moved, similarityTo, type Box, type Point, type Similarity } from '#protocol/faces/geometry.ts'
import { CHIP } from '#protocol/faces/quality.ts'
import { invariant } from '#protocol/outcome.ts'
import type { Face, FaceEngine, Picture } from './engine.ts'
import { warp } from './warp.ts'

/**
 * The default body: dlib's recognition network (128 numbers, public domain) with the tiny detector and the 68-point landmarks of face-api, whose weights lie in
 * its package, on the WASM backend. The alignment is ours: five points onto where recognition's training had them.
 */
export async function loadDlibEngine(): Promise<FaceEngine> {
  const { resolve } = createRequire(import.meta.url)
  // The library praises a native backend that cannot be installed here, on a stream that others read.
  tf.env().set('IS_TEST', true)
  wasm.setWasmPaths(`${dirname(resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  // A worker is one core: the pool has several.
  wasm.setThreadsCount(1)
  invariant(await tf.setBackend('wasm'), 'the WASM backend starts')
  await tf.ready()
  const weights = join(dirname(resolve('@vladmandic/face-api/package.json')), 'model')
  const { tinyFaceDetector: detector, faceLandmark68Net: marker, faceRecognitionNet: recogniser } = faceapi.nets
  for (const net of [detector, marker, recogniser]) await net.loadFromDisk(weights)

  async function onTensor<T>(pixels: Float32Array, size: number, ask: (tensor: tf.Tensor3D) => Promise<T>): Promise<T> {
    const tensor = tf.tensor3d(pixels, [size, size, 3])
    try {
      return await ask(tensor)
    } finally {
      tensor.dispose()
    }
  }

  async function detect(picture: Picture, { size, room, minScore }: Look): Promise<readonly { box: Box; score: number }[]> {
    const map = fitted(picture, size, room)
    const found = await onTensor(warp(picture, map, size, 'black'), size, (tensor) =>
      detector.locateFaces(tensor, new faceapi.TinyFaceDetectorOptions({ inputSize: size, scoreThreshold: minScore })),
    )
    return found.map(({ box, score }) => ({
      box: { x: (box.x - map.dx) / map.a, y: (box.y - map.dy) / map.a, width: box.width / map.a, height: box.height / map.a },
      score,
    }))
  }

  async function mark(picture: Picture, box: Box): Promise<readonly Point[]> {
    const map = mapOf(box, MARKER_SIZE)
    const marks = await onTensor(warp(picture, map, MARKER_SIZE, 'nearest'), MARKER_SIZE, (tensor) => marker.detectLandmarks(tensor))
    const { positions } = Array.isArray(marks) ? (marks[0] ?? { positions: [] }) : marks
    invariant(positions.length === LANDMARKS, 'the landmark net gives 68 points')
    return positions.map(({ x, y }) => ({ x: (x - map.dx) / map.a, y: (y - map.dy) / map.a }))
  }

  return {
    name: NAME,
    dimensions: DIMENSIONS,
    chipPoints: TEMPLATE,
    async look(picture) {
      for (const one of LOOKS) {
        const found = (await detect(picture, one)).toSorted((a, b) => areaOf(b.box) - areaOf(a.box)).slice(0, MAX_FACES)
        const faces: Face[] = []
        for (const { box, score } of found) faces.push({ box, score, landmarks: await mark(picture, box) })
        if (faces.length > 0) return faces
      }
      return []
    },
    chip: (picture, landmarks) => {
      const map = similarityTo(fivePoints(landmarks), TEMPLATE)
      return map === undefined ? new Float32Array(CHIP * CHIP * 3) : warp(picture, map, CHIP, 'nearest')
    },
    async embed(chip) {
      const descriptor = await onTensor(chip, CHIP, (tensor) => recogniser.computeFaceDescriptor(tensor))
      invariant(descriptor instanceof Float32Array && descriptor.length === DIMENSIONS, 'one face has one descriptor')
      return descriptor
    },
  }
}

const NAME = 'dlib-128 five-point 1'
const DIMENSIONS = 128
const MARKER_SIZE = 112
/** The shopper and those who look over the shoulder; of a crowd nobody is asked. */
const MAX_FACES = 4

/** How the detector looks: at `size` x `size` pixels, with `room` (a share of the longer side) of black around the picture. */
type Look = { readonly size: number; readonly room: number; readonly minScore: number }

/**
 * From the quick to the patient, until one finds a face: a shopper in front of a kiosk fills a good part of the picture, which 224 pixels show. A face that
 * fills it all is found smaller, one far away larger, and one cut off by the border with room around it.
 */
const LOOKS: readonly Look[] = [
  { size: 224, room: 0, minScore: 0.5 },
  { size: 160, room: 0, minScore: 0.4 },
  { size: 416, room: 0, minScore: 0.4 },
  { size: 160, room: 0.35, minScore: 0.4 },
  { size: 320, room: 0.35, minScore: 0.4 },
]

/** The picture in the middle of a square of `size`, its longer side with room around it. */
function fitted({ width, height }: Picture, size: number, room: number): Similarity {
  const side = Math.max(width, height) * (1 + 2 * room)
  const a = size / side
  return { a, b: 0, dx: (a * (side - width)) / 2, dy: (a * (side - height)) / 2 }
}

function mapOf(box: Box, size: number): Similarity {
  const a = size / Math.max(box.width, box.height)
  return { a, b: 0, dx: size / 2 - a * (box.x + box.width / 2), dy: size / 2 - a * (box.y + box.height / 2) }
}

const areaOf = ({ width, height }: Box): number => width * height

/**
 * Eyes, nose and mouth corners of the mean face of dlib's alignment, which its recognition was trained on (a unit square from brow to chin), and the room that
 * is left around it in a chip. Its own is a quarter; a fifth told people apart better, also in small pictures (measured as `npm run evaluate -- faces` does).
 */
const MEAN_FACE: readonly Point[] = [
  { x: 0.2255, y: 0.2159 },
  { x: 0.7548, y: 0.2159 },
  { x: 0.4901, y: 0.5156 },
  { x: 0.2541, y: 0.7802 },
  { x: 0.7261, y: 0.7802 },
]
const CHIP_ROOM = 0.2
const TEMPLATE: readonly Point[] = MEAN_FACE.map((point) => {
  const scale = CHIP / (1 + 2 * CHIP_ROOM)
  return moved(point, { a: scale, b: 0, dx: CHIP_ROOM * scale, dy: CHIP_ROOM * scale })
})
