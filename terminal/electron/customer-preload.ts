import { contextBridge, ipcRenderer } from 'electron'
import type { ToCustomer } from '#protocol/till-api/customer.ts'
import { CUSTOMER_CHANNEL } from './port-channel.ts'

/** As much of the DOM's MessagePort as is needed here. */
type Port = { onmessage: ((event: { readonly data: ToCustomer }) => void) | null }

const port = new Promise<Port>((resolve) => {
  ipcRenderer.once(CUSTOMER_CHANNEL, (event) => {
    const [given] = event.ports as readonly Port[]
    if (given) resolve(given)
  })
})
ipcRenderer.send(CUSTOMER_CHANNEL)

/** All that the customer's page gets: it can be told something, and can tell nobody anything. One listener; messages wait for it. */
contextBridge.exposeInMainWorld('stillpointCustomer', {
  onMessage(listener: (message: ToCustomer) => void): void {
    void port.then((open) => {
      open.onmessage = ({ data }) => listener(data)
    })
  },
})
