import { parseArgs } from 'node:util'
import { configureEdge, writeEdge } from './edge-setup.ts'

const HELP = `node hub/edge-cli.ts --data DIR --host NAME [--port N] [--mdns] --out FOLDER
node hub/edge-cli.ts --data DIR --none

Makes a machine of the store its edge, over which the tills share what they have taken while the hub is away. Writes FOLDER/edge.json for that machine
(it holds a private key: carry it there and nowhere else; then run node terminal/store-edge/main.ts --data FOLDER there). The tills hear of it from the hub,
which looks for it every few seconds, and leave the machine that was the edge before.

  --data DIR    the hub's folder
  --host NAME   the machine's name or address, as its tills reach it
  --port N      default 7430
  --mdns        tills may also look for it on their network, by mDNS
  --none        there is no edge any more
`

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string', default: '7430' },
    mdns: { type: 'boolean', default: false },
    out: { type: 'string' },
    none: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { data, host, port, mdns, out, none, help } = values
const number = Number(port)
const isPort = Number.isInteger(number) && number > 0 && number <= 65_535
if (help || data === undefined || (!none && (host === undefined || out === undefined || !isPort))) {
  process.stdout.write(HELP)
  process.exit(help ? 0 : 2)
}
if (none) writeEdge(data, undefined)
else configureEdge(data, { host: host ?? '', port: number, mdns }, out ?? '')
