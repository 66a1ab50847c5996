import { createServer } from 'node:net'
import { Aedes } from 'aedes'

/** An MQTT broker and nothing else, for machines without Mosquitto: `node simulators/torture/broker-process.ts PORT`. */
const broker = await Aedes.createBroker()
const server = createServer((socket) => broker.handle(socket))
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true })}\n`))
for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit(0))
