import { parentPort, workerData } from 'node:worker_threads'
import { fitLone } from '../risk/lone-fit.ts'
import { unpackSamples, type LoneJob } from './lone-fitting.ts'
import { invariant } from '#protocol/outcome.ts'

invariant(parentPort !== null, 'this file runs as a worker')
const { packed, judgedFrom } = workerData as LoneJob
parentPort.postMessage(fitLone(unpackSamples(packed), judgedFrom))
