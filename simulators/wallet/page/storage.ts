/** What the phone keeps when it is switched off, in IndexedDB: its key, its counter and the account as last heard of. */
export type Storage = {
  deviceKey(): Promise<CryptoKeyPair | undefined>
  keepDeviceKey(pair: CryptoKeyPair): Promise<void>
  account(): Promise<unknown>
  keepAccount(account: unknown): Promise<void>
  /** One more than the last, durable when it resolves. One transaction, so that two tabs of one phone never get the same number. */
  nextCounter(): Promise<number>
}

const STORE = 'phone'
const DEVICE_KEY = 'device-key'
const ACCOUNT = 'account'
const COUNTER = 'counter'

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })

const committed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'))
  })

/** Rejects where the browser has no storage to give, for example in some private windows. */
export async function openStorage(name: string): Promise<Storage> {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  const database = await settled(opening)

  const read = (key: string): Promise<unknown> => settled(database.transaction(STORE).objectStore(STORE).get(key))
  async function write(key: string, value: unknown): Promise<void> {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
    transaction.objectStore(STORE).put(value, key)
    await committed(transaction)
  }

  return {
    deviceKey: async () => (await read(DEVICE_KEY)) as CryptoKeyPair | undefined,
    keepDeviceKey: (pair) => write(DEVICE_KEY, pair),
    account: () => read(ACCOUNT),
    keepAccount: (account) => write(ACCOUNT, account),
    async nextCounter() {
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
      const store = transaction.objectStore(STORE)
      const last: unknown = await settled(store.get(COUNTER))
      const next = (typeof last === 'number' ? last : 0) + 1
      store.put(next, COUNTER)
      await committed(transaction)
      return next
    },
  }
}
