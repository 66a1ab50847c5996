import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { certificateAuthority } from './certificates.ts'
import { writeDurably } from '#protocol/node/durable-file.ts'
import { fileVault } from './keys.ts'
import { freshSeed, nodeCrypto, privateKeyPem, signerFromSeed } from '#protocol/node/crypto.ts'
import { certificatePem } from '#protocol/node/mutual-tls.ts'

const HELP = `node hub/broker-certificate.ts --data DIR --host NAME [--host NAME]... --out FOLDER

Makes what a broker of its own needs so that tills believe it: FOLDER/authority.pem (who may connect), FOLDER/broker.pem and
FOLDER/broker.key (who it is). The key is made here and kept nowhere else; only the broker's account may read it.

  --data DIR   the hub's folder, with its keys
  --host NAME  a host name or address by which tills reach the broker
`

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    host: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help || values.data === undefined || values.out === undefined || values.host.length === 0) {
  process.stdout.write(HELP)
  process.exit(values.help ? 0 : 2)
}
const authority = certificateAuthority(fileVault(join(values.data, 'keys'), freshSeed).root, nodeCrypto)
const seed = freshSeed()
mkdirSync(values.out, { recursive: true, mode: 0o700 })
writeDurably(join(values.out, 'authority.pem'), certificatePem(authority.certificate), 0o644)
writeDurably(join(values.out, 'broker.pem'), certificatePem(authority.forServer(values.host, signerFromSeed(seed).publicKey)), 0o644)
writeDurably(join(values.out, 'broker.key'), privateKeyPem(seed), 0o600)
