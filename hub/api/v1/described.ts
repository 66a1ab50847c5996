import { clientFor } from './openapi-client.ts'
import { openApiDocument } from './openapi.ts'
import { createPrograms } from './programs.ts'
import { apiSecrets } from './secrets.ts'
import { createEscrows } from '../../escrow/escrows.ts'
import { createMerchants } from '../../merchants/register.ts'
import { createSettlement } from '../../settlement/settlement.ts'
import { memoryDisk, openMemoryStore } from '../../store/memory.ts'
import { systemClock, systemTimers } from '#protocol/node/clock.ts'
import { nodeCrypto } from '#protocol/node/crypto.ts'

/** The API's description and its client, as they have to be in `docs/openapi.json` and `hub/api/client/generated.ts`. */
export function described(): { readonly document: object; readonly client: string } {
  const [store, clock, crypto] = [openMemoryStore(memoryDisk()), systemClock, nodeCrypto]
  const said = { changed: () => undefined, warn: () => undefined }
  const merchants = createMerchants({ store, clock })
  const settlement = createSettlement({ store, clock, crypto, timers: systemTimers, merchants, merchant: '', ...said })
  const { routes } = createPrograms(
    { store, clock, crypto, timers: { after: () => () => undefined }, secrets: apiSecrets(new Uint8Array(32)), shopMerchant: '', ...said },
    {
      ...said,
      onChange: () => () => undefined,
      merchants,
      settlement,
      escrows: createEscrows({ store, clock, crypto, timers: systemTimers, shop: { merchant: '', currency: 'EUR', perShownCodeMinor: 0 }, ...said }),
      rates: undefined,
      recoveryOver() {
        throw new Error('nothing is asked of an API that is only described')
      },
    },
  )
  const document = openApiDocument(routes)
  return { document, client: clientFor(document) }
}
