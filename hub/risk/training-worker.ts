import { parentPort } from 'node:worker_threads'
import { trainChallenger, type Challenge } from './challenger.ts'
import { invariant } from '#protocol/outcome.ts'

/** One challenge, one answer, and the thread ends. */
invariant(parentPort !== null, 'this file runs as a worker')
const port = parentPort
port.once('message', (challenge: Challenge) => port.postMessage(trainChallenger(challenge)))
